/* phantomjs wall_in_phantomjs.js URL SERVER SEVERITY SECONDS: says `live TRANSPORT`, then `seen`; exits 0 when it did. */
var page = require('webpage').create();
var system = require('system');
var url = system.args[1];
var server = system.args[2];
var severity = system.args[3];
var deadline = Date.now() + Number(system.args[4]) * 1000;
var isLive = false;

page.viewportSize = { width: 1280, height: 800 };
page.onError = function (message) {
  system.stdout.writeLine('error ' + message);
  phantom.exit(2);
};

function look() {
  var told = page.evaluate(
    function (name) {
      var cell = document.querySelector('[data-server="' + name + '"]');
      var root = document.documentElement;
      return {
        connection: root.getAttribute('data-connection'),
        transport: root.getAttribute('data-transport'),
        severity: cell === null ? '' : cell.getAttribute('data-severity')
      };
    },
    server
  );
  if (!isLive && told.connection === 'live') {
    isLive = true;
    system.stdout.writeLine('live ' + told.transport);
    system.stdout.flush();
  }
  if (isLive && told.severity === severity) {
    system.stdout.writeLine('seen');
    phantom.exit(0);
  } else if (Date.now() > deadline) {
    system.stdout.writeLine('not seen: ' + JSON.stringify(told));
    phantom.exit(1);
  } else {
    setTimeout(look, 50);
  }
}

page.open(url, function (status) {
  if (status === 'success') {
    look();
  } else {
    system.stdout.writeLine('not opened');
    phantom.exit(3);
  }
});
