/** What is behind a cell: its open alerts, the worst first, and the targets folded into it. */
import type { JSX } from 'react';
import { useEffect, useRef, useState } from 'react';
import type { OpenAlert, TargetStatus } from '../../protocol/types.gen';
import type { WholeDetail } from '../../protocol/decode';
import { shownOf, wordOf } from '../../core/severity';
import type { WallStore } from '../../core/wall-store';
import { ageText, instantText } from '../../core/wall-time';
import { Shape } from '../../ui/shape';
import { useSelected } from '../../ui/use-selected';
import { serverNow, timeZoneOf } from './wall-selectors';

export type ReadServer = (
  server: string,
  answer: { readonly done: (detail: WholeDetail) => void; readonly failed: (sentence: string) => void },
) => void;

interface DetailPanelProps {
  readonly store: WallStore;
  readonly server: string;
  readonly readServer: ReadServer;
  readonly onClose: () => void;
}

export function DetailPanel({ store, server, readServer, onClose }: DetailPanelProps): JSX.Element {
  const cell = useSelected(store, ({ grid }) => grid.grid?.cells.get(server));
  const isLive = useSelected(store, ({ connection }) => connection.phase === 'live');
  const [detail, setDetail] = useState<WholeDetail | null>(null);
  const [problem, setProblem] = useState('');
  const panel = useRef<HTMLElement>(null);

  // Read again whenever the cell changes or the wall is back: the panel is as live as the wall.
  useEffect(() => {
    let isWanted = true;
    readServer(server, {
      done: (answer) => {
        if (!isWanted) return;
        setDetail(answer);
        setProblem('');
      },
      failed: (sentence) => {
        if (isWanted) setProblem(sentence);
      },
    });
    return () => {
      isWanted = false;
    };
  }, [readServer, server, cell, isLive]);

  useEffect(() => {
    const before = document.activeElement;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' || event.key === 'Esc') onClose();
    };
    document.addEventListener('keydown', onKey);
    panel.current?.focus();
    return () => {
      document.removeEventListener('keydown', onKey);
      if (before instanceof HTMLElement) before.focus();
    };
  }, [onClose]);

  const shown = cell === undefined ? 'unknown' : shownOf(cell);
  return (
    <aside ref={panel} className="detail" role="dialog" aria-label={`Details of ${server}`} tabIndex={-1}>
      <div className={`detail__head detail__head--${shown}`}>
        <Shape shown={shown} />
        <div className="detail__titles">
          <h2 className="detail__server">{server}</h2>
          <p className="detail__severity">
            {wordOf(shown)}
            {cell?.since ? <Since store={store} at={cell.since} /> : null}
          </p>
        </div>
        <button type="button" className="detail__close" onClick={onClose} aria-label="Close details">
          ×
        </button>
      </div>
      <div className="detail__body">
        {problem === '' ? null : <p className="detail__problem">{problem}</p>}
        {cell?.acknowledgement ? (
          <p className="detail__note">
            Acknowledged by {cell.acknowledgement.operator}
            <Since store={store} at={cell.acknowledgement.at} />
            {cell.acknowledgement.note ? `: ${cell.acknowledgement.note}` : null}
          </p>
        ) : null}
        {cell?.maintenance ? (
          <p className="detail__note">
            Planned work by {cell.maintenance.by}
            <Since store={store} at={cell.maintenance.from_at} />
            {cell.maintenance.to_at ? <Until store={store} at={cell.maintenance.to_at} /> : null}
            {cell.maintenance.note ? `: ${cell.maintenance.note}` : null}
          </p>
        ) : null}
        {cell?.silent_since ? (
          <p className="detail__note">
            Nothing was heard
            <Since store={store} at={cell.silent_since} />, longer than its period allows. What is below is what was known then.
          </p>
        ) : null}
        {cell?.is_flapping ? <p className="detail__note">It changes too often to be shown change by change.</p> : null}
        {detail === null ? null : <Detail store={store} detail={detail} />}
      </div>
    </aside>
  );
}

function Detail({ store, detail }: { readonly store: WallStore; readonly detail: WholeDetail }): JSX.Element {
  return (
    <>
      {detail.silence ? <p className="detail__note">Silent: {detail.silence}.</p> : null}
      {detail.suggestion ? (
        <>
          <h3 className="detail__heading">Not in the inventory</h3>
          <p className="detail__note">These lines of inventory.yaml would give it a place:</p>
          <pre className="detail__lines">{detail.suggestion}</pre>
        </>
      ) : null}
      <h3 className="detail__heading">
        {detail.open_alerts.length === 0 ? 'No open alerts' : `Open alerts (${String(detail.open_alerts.length)})`}
      </h3>
      {detail.open_alerts.map((alert) => (
        <Alert key={`${alert.alert_key} ${alert.raised_at}`} store={store} alert={alert} />
      ))}
      <h3 className="detail__heading">Monitored targets ({detail.targets.length})</h3>
      {detail.targets.length === 0 ? <p className="detail__note">Nothing was ever heard of this server.</p> : null}
      {detail.targets.map((status) => (
        <TargetLine key={`${status.target.type}:${status.target.name}`} store={store} status={status} />
      ))}
    </>
  );
}

function Alert({ store, alert }: { readonly store: WallStore; readonly alert: OpenAlert }): JSX.Element {
  const { incident } = alert;
  const occurrences = alert.occurrences ?? 1;
  return (
    <article className={`alert alert--${alert.severity}`}>
      <p className="alert__severity">
        <Shape shown={alert.severity} />
        {wordOf(alert.severity)}
        <Since store={store} at={alert.raised_at} />
        {occurrences > 1 ? `, ${String(occurrences)} times` : null}
        {alert.is_test ? ', test' : null}
      </p>
      <p className="alert__message">{alert.message}</p>
      {incident ? (
        <p className="alert__fact">
          Incident {incident.id}: {incident.owner ? `owned by ${incident.owner}` : 'nobody owns it'}
          {incident.status ? `, ${incident.status}` : null}
          {incident.is_acknowledged ? ', acknowledged in Enterprise Manager' : null}
          {incident.escalation ? `, escalated to ${incident.escalation}` : null}
        </p>
      ) : null}
      {(alert.caveats ?? []).map((caveat) => (
        <p key={caveat} className="alert__fact">
          {caveat}
        </p>
      ))}
      {alert.root_cause ? <p className="alert__fact">Root cause: {alert.root_cause}</p> : null}
      {(alert.links ?? []).filter(({ url }) => isWebAddress(url)).map(({ label, url }) => (
        <a key={url} className="alert__link" href={url} target="_blank" rel="noopener noreferrer">
          {label}
        </a>
      ))}
    </article>
  );
}

function TargetLine({ store, status }: { readonly store: WallStore; readonly status: TargetStatus }): JSX.Element {
  return (
    <div className={`target target--${status.severity}`}>
      <p className="target__name">
        <Shape shown={status.severity} />
        {status.target.name} <span className="target__type">{status.target.type}</span>
      </p>
      <p className="target__reason">
        {wordOf(status.severity)}
        <Since store={store} at={status.since} />. {status.reason} (rule {status.rule_id})
      </p>
    </div>
  );
}

function Since({ store, at }: { readonly store: WallStore; readonly at: string }): JSX.Element {
  const instant = Date.parse(at);
  const text = useSelected(store, (state) => {
    const now = serverNow(state);
    const age = ageText(instant, now);
    return ` since ${instantText(instant, now, timeZoneOf(state))}${age === 'now' ? '' : ` (${age})`}`;
  });
  return <span>{text}</span>;
}

function Until({ store, at }: { readonly store: WallStore; readonly at: string }): JSX.Element {
  const text = useSelected(store, (state) => ` until ${instantText(Date.parse(at), serverNow(state), timeZoneOf(state))}`);
  return <span>{text}</span>;
}

/** Messages come from outside: an address that is no web address is not made a link. */
function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url);
}
