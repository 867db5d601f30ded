// A trap receiver on gosnmp that writes one JSON line a trap: the peer in bench/receivers.py.
//
// Mode "listener" is gosnmp's own TrapListener as its documentation shows it. Mode "loop" is what somebody writes who
// wants speed: one socket with a large receive buffer, read and UnmarshalTrap in a loop, lines through a buffer that is
// flushed when the socket has been idle for a millisecond.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/gosnmp/gosnmp"
)

const soRcvbufforce = 33

type varbind struct {
	OID    string `json:"oid"`
	Syntax string `json:"syntax"`
	Value  any    `json:"value"`
}

type trap struct {
	Source    string    `json:"source_addr"`
	Version   string    `json:"version"`
	Community string    `json:"security_name,omitempty"`
	Varbinds  []varbind `json:"varbinds"`
}

func record(packet *gosnmp.SnmpPacket, from *net.UDPAddr) trap {
	out := trap{Source: from.IP.String(), Version: packet.Version.String(), Community: packet.Community}
	out.Varbinds = make([]varbind, 0, len(packet.Variables))
	for _, each := range packet.Variables {
		value := each.Value
		if octets, ok := value.([]byte); ok {
			if utf8.Valid(octets) {
				value = string(octets)
			} else {
				value = hex.EncodeToString(octets)
			}
		}
		out.Varbinds = append(out.Varbinds, varbind{strings.TrimPrefix(each.Name, "."), each.Type.String(), value})
	}
	return out
}

// params accepts what the receiver is to accept: a v3 user where one is named, otherwise any community, which is
// gosnmp's way.
func params(user, password, engine string) *gosnmp.GoSNMP {
	snmp := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Logger: gosnmp.Logger{}}
	if user == "" {
		return snmp
	}
	octets, err := hex.DecodeString(engine)
	if err != nil {
		fail(err)
	}
	snmp.Version = gosnmp.Version3
	snmp.SecurityModel = gosnmp.UserSecurityModel
	snmp.MsgFlags = gosnmp.AuthPriv
	snmp.SecurityParameters = &gosnmp.UsmSecurityParameters{
		UserName: user, AuthoritativeEngineID: string(octets),
		AuthenticationProtocol: gosnmp.SHA, AuthenticationPassphrase: password,
		PrivacyProtocol: gosnmp.AES, PrivacyPassphrase: password,
	}
	return snmp
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func main() {
	mode := flag.String("mode", "loop", "listener or loop")
	address := flag.String("listen", "", "host:port")
	path := flag.String("out", "", "file that the JSON lines are appended to")
	buffer := flag.Int("buffer", 32<<20, "receive buffer in octets (mode loop)")
	user := flag.String("user", "", "v3 user (SHA, AES-128); empty: v1 and v2c")
	password := flag.String("password", "", "both passwords of the user")
	engine := flag.String("engine", "", "the sender's engine ID in hex")
	flag.Parse()

	file, err := os.OpenFile(*path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		fail(err)
	}
	snmp := params(*user, *password, *engine)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() {
		<-signals
		os.Exit(0)
	}()
	if *mode == "listener" {
		listen(snmp, *address, file)
	} else {
		loop(snmp, *address, *buffer, file)
	}
}

func listen(snmp *gosnmp.GoSNMP, address string, file *os.File) {
	var mutex sync.Mutex
	lines := json.NewEncoder(file)
	listener := gosnmp.NewTrapListener()
	listener.Params = snmp
	listener.OnNewTrap = func(packet *gosnmp.SnmpPacket, from *net.UDPAddr) {
		mutex.Lock()
		defer mutex.Unlock()
		if err := lines.Encode(record(packet, from)); err != nil {
			fail(err)
		}
	}
	fail(listener.Listen(address))
}

func loop(snmp *gosnmp.GoSNMP, address string, buffer int, file *os.File) {
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		fail(err)
	}
	socket, err := net.ListenUDP("udp", at)
	if err != nil {
		fail(err)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		fail(err)
	}
	var refused error
	if err := raw.Control(func(descriptor uintptr) {
		refused = syscall.SetsockoptInt(int(descriptor), syscall.SOL_SOCKET, soRcvbufforce, buffer)
	}); err != nil || refused != nil { // without CAP_NET_ADMIN the kernel cuts at rmem_max
		if err := socket.SetReadBuffer(buffer); err != nil {
			fail(err)
		}
	}
	out := bufio.NewWriterSize(file, 1<<20)
	lines := json.NewEncoder(out)
	datagram := make([]byte, 65536)
	for {
		wait := time.Time{}
		if out.Buffered() > 0 {
			wait = time.Now().Add(time.Millisecond)
		}
		if err := socket.SetReadDeadline(wait); err != nil {
			fail(err)
		}
		length, from, err := socket.ReadFromUDP(datagram)
		if err != nil { // the deadline: nothing came, so what is buffered may go
			if err := out.Flush(); err != nil {
				fail(err)
			}
			continue
		}
		packet, err := snmp.UnmarshalTrap(datagram[:length], false)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		if err := lines.Encode(record(packet, from)); err != nil {
			fail(err)
		}
	}
}
