// Generated from backend/trapline/protocol by `npm run gen`. Do not edit.

export type Message =
  | Accepted
  | Acknowledgement
  | BlindInterval
  | Cell
  | Funnel
  | FunnelReason
  | FunnelSender
  | FunnelStage
  | GridFrame
  | GridPage
  | Heartbeat
  | HeldSender
  | Inbox
  | InboxGroup
  | InboxSample
  | Incident
  | Link
  | Maintenance
  | MaintenanceList
  | MaintenanceWindow
  | Memory
  | OpenAlert
  | PlannedWork
  | Retired
  | RetirementList
  | RetirementProposal
  | Senders
  | ServerDetail
  | ServerType
  | SettledAlert
  | Severity
  | SeverityChange
  | Target
  | TargetStatus
  | Telling
  | Tier
  | Trend;
/**
 * How bad a condition is, in X.733's words.
 */
export type Severity = 'cleared' | 'critical' | 'indeterminate' | 'major' | 'minor' | 'warning';
/**
 * Now against 15 minutes ago.
 */
export type Trend = 'better' | 'same' | 'worse';

/**
 * `trapline.op.*`: Kafka has the commands; what they do is seen on the wall a moment later.
 */
export interface Accepted {
  command_ids: string[];
}
/**
 * Somebody has it, until a time where one was said.
 */
export interface Acknowledgement {
  operator: string;
  at: string;
  note?: string;
  until?: string | null;
}
/**
 * A time in which datagrams could not be received; `lost` counts what the kernel says it dropped.
 */
export interface BlindInterval {
  from_at: string;
  to_at: string;
  reason: string;
  lost?: number | null;
}
/**
 * One server as it is drawn. `severity` is null while nothing was ever heard of it: unknown is a state (law 6).
 *
 *     `message`, `incident_owner` and `is_acknowledged_in_oem` are those of the worst open alert. `silent_since`: nothing
 *     was heard of it, or of its sender, for longer than its period; what is shown is what was known then.
 */
export interface Cell {
  server: string;
  tier: string;
  server_type: string;
  severity: Severity | null;
  since?: string | null;
  last_heard_at?: string | null;
  trend?: Trend;
  open_alerts?: number;
  message?: string;
  incident_owner?: string | null;
  is_acknowledged_in_oem?: boolean;
  acknowledgement?: Acknowledgement | null;
  maintenance?: Maintenance | null;
  is_flapping?: boolean;
  silent_since?: string | null;
  is_test?: boolean;
}
/**
 * Work that is planned and under way, until `to_at` where an end is known: on the whole server, or on all of its
 *     targets that have an open alert.
 */
export interface Maintenance {
  from_at: string;
  to_at?: string | null;
  by: string;
  note?: string;
}
/**
 * `trapline.api.funnel.get`: where did my trap die?
 *
 *     Up to `held`: datagrams, counted since `since`, this run of ingest. `stages` count records, of all nodes, each since
 *     its own time; `problem` says why they are not known now. `senders`: those with the most first.
 */
export interface Funnel {
  since: string;
  received: number;
  accepted: number;
  stored: number;
  spooled: number;
  spool_dropped: number;
  kernel_dropped: number | null;
  refused: FunnelReason[];
  held?: FunnelReason[];
  stages?: FunnelStage[];
  senders?: FunnelSender[];
  problem?: string;
}
/**
 * How many went one way, by reason in a bounded vocabulary, with a sentence for people.
 */
export interface FunnelReason {
  reason: string;
  count: number;
  sentence: string;
}
/**
 * A stage behind ingest: what it made of all the records that it has read since `since`, whatever was restarted.
 *
 *     `since` is null before its first record. `waiting`: records that lie in Kafka and are not read yet.
 */
export interface FunnelStage {
  stage: string;
  since: string | null;
  read: number;
  waiting: number;
  outcomes: FunnelReason[];
}
/**
 * The funnel of one sender's traps; of an empty `sender`: all for whom there is no line of their own.
 */
export interface FunnelSender {
  sender: string;
  ingest?: FunnelReason[];
  normalize?: FunnelReason[];
  track?: FunnelReason[];
}
/**
 * `trapline.ev.grid.changed`: the last state of each cell that changed since the frame before (law 5).
 */
export interface GridFrame {
  epoch: string;
  frame: number;
  cells?: Cell[];
  removed?: string[];
}
/**
 * `trapline.api.grid.get(page, epoch, frame)`: page 0 pins the epoch and frame, further pages are of the same.
 */
export interface GridPage {
  epoch: string;
  frame: number;
  page: number;
  pages: number;
  site: string;
  time_zone: string;
  tiers: Tier[];
  server_types: ServerType[];
  heartbeat_interval_s: number;
  cells: Cell[];
}
/**
 * A row of the wall, in the site's order.
 */
export interface Tier {
  id: string;
  label: string;
}
/**
 * A column of the wall, in the site's order.
 */
export interface ServerType {
  id: string;
  label: string;
}
/**
 * `trapline.ev.heartbeat`: the publisher lives. `canary_at`: when ingest received the canary seen last.
 *
 *     `blind`: times, newest last, in which traps could not be received. `heard_retired`: the servers of retired targets
 *     that were heard of within a day, the last first; 20 at most.
 */
export interface Heartbeat {
  epoch: string;
  frame: number;
  sent_at: string;
  version: string;
  canary_at?: string | null;
  canary_interval_s: number;
  blind?: BlindInterval[];
  heard_retired?: string[];
}
/**
 * An SNMPv3 sender that is unknown, or was decided about: what is held of it, why, and what can be done.
 */
export interface HeldSender {
  engine_id: string;
  security_name: string;
  reason: string;
  sentence: string;
  held: number;
  released: number;
  refused: number;
  first_at: string | null;
  last_at: string | null;
  source_addrs: string[];
  is_approved: boolean | null;
  operator: string;
  decided_at: string | null;
  note: string;
  what_to_do: string;
}
/**
 * `trapline.api.inbox.get`: the most first. `left_out` groups are too many to list, `untold` traps were in none.
 *
 *     `is_complete` is false while there is more to read than one call has time for: ask again.
 */
export interface Inbox {
  groups: InboxGroup[];
  is_complete?: boolean;
  left_out?: number;
  untold?: number;
  sample?: InboxSample | null;
}
/**
 * Traps of one OID and one sender that no rule took. `name`: the OID's, by MIBs. `reason`: the newest's.
 */
export interface InboxGroup {
  trap_oid: string;
  name?: string;
  source_addr: string;
  count: number;
  first_at: string;
  last_at: string;
  reason: string;
}
/**
 * The newest of an OID: its varbinds as people read them, and a rule to start from (YAML).
 */
export interface InboxSample {
  trap_id: string;
  received_at: string;
  source_addr: string;
  security_name: string;
  reason: string;
  varbinds: string[];
  draft: string;
}
/**
 * OEM's incident about an event: who has it, and how far.
 */
export interface Incident {
  id: string;
  owner?: string | null;
  is_acknowledged?: boolean | null;
  status?: string | null;
  priority?: string | null;
  escalation?: string | null;
}
/**
 * A page elsewhere, OEM's console above all.
 */
export interface Link {
  label: string;
  url: string;
}
/**
 * `trapline.api.maintenance.get`: what is under way first, then what begins next, what is over last.
 *
 *     `left_out`: how many more there are than one message holds.
 */
export interface MaintenanceList {
  work: PlannedWork[];
  left_out?: number;
}
/**
 * A window and what it is for. `target_ids` are the first of `targets` many; a scope is one of them (see `scope`).
 *
 *     `active_from_at` and `active_to_at`: of the occurrence that is under way. `next_from_at`: when it begins next.
 */
export interface PlannedWork {
  window: MaintenanceWindow;
  target_ids: string[];
  targets: number;
  active_from_at?: string | null;
  active_to_at?: string | null;
  next_from_at?: string | null;
}
/**
 * Planned work: hides nothing, changes the look. Once from `from_at` to `to_at` (None: until it is ended).
 *
 *     With `recurrence` (an RRULE of RFC 5545) it comes again, each time as long as the first; it recurs by the clocks of
 *     `time_zone`, so that 22:00 stays 22:00 over a change of daylight saving time. `source`: `operator`, or the rule
 *     of a sender that said so. `window_id` is the command's or the alert key.
 */
export interface MaintenanceWindow {
  window_id: string;
  from_at: string;
  to_at?: string | null;
  recurrence?: string | null;
  time_zone?: string;
  source?: string;
  operator?: string;
  note?: string;
}
/**
 * What track has to remember of a target so that a repeat changes nothing; of no interest to who reads a status.
 *
 *     `command_ids`: the last commands taken. `forgotten_trap_id`: what is not newer and about a key that neither
 *     `open_alerts` nor `settled` holds may be a repeat. `folded`: digests of the keys that are open and not kept one by
 *     one. `flipped`: the minutes since 1970, of the last 20, in which the severity changed.
 */
export interface Memory {
  command_ids?: string[];
  forgotten_trap_id?: string;
  folded?: string[];
  flipped?: number[];
  telling?: Telling | null;
}
/**
 * How much of a target the history tells: `told` steps of this minute since 1970, `untold` left out since.
 */
export interface Telling {
  minute: number;
  told: number;
  untold?: number;
}
/**
 * A condition that is open on a target. `last_trap_id` is the arrival of the last event it took.
 *
 *     So that a replay counts nothing twice: `last_replay_id` is that of the same event, `withdrawn` is replay_id and
 *     trap_id of the last occurrence that a replay took back, and `severity_before` is what it was before the last event,
 *     where that changed it.
 */
export interface OpenAlert {
  alert_key: string;
  severity: Severity;
  message: string;
  rule_id: string;
  raised_at: string;
  last_seen_at: string;
  last_trap_id: string;
  last_replay_id?: string;
  withdrawn?: string;
  severity_before?: Severity | null;
  occurrences?: number;
  occurred_text?: string | null;
  event_type?: string | null;
  incident?: Incident | null;
  root_cause?: string | null;
  links?: Link[];
  caveats?: string[];
  expires_at?: string | null;
  is_test?: boolean;
}
/**
 * A target that was taken off the wall; `server` is the cell that it was part of. `heard` and `heard_at`: how often
 *     something was heard of it since, and when last.
 */
export interface Retired {
  target_id: string;
  server: string;
  operator: string;
  at: string;
  reason: string;
  severity: Severity;
  heard?: number;
  heard_at?: string | null;
}
/**
 * `trapline.api.retirements.get`: what is retired, the newest first; what is proposed, the oldest first.
 *
 *     `heard_again`: the retired that were heard of since, the last first. `left_out`: how many more there are than one
 *     message holds, of all three.
 */
export interface RetirementList {
  retired: Retired[];
  proposed?: RetirementProposal[];
  heard_again?: Retired[];
  left_out?: number;
}
/**
 * A target that somebody should decide about, and why: it left the inventory, or is silent for long (law 7).
 */
export interface RetirementProposal {
  target_id: string;
  server: string;
  reason: string;
  since: string;
}
/**
 * `trapline.api.senders.get`: the most held first. `left_out`: how many more there are than can be listed.
 *
 *     `problem`: what is wrong with snmp.yaml as it was edited last, while what was read before stays; empty when nothing.
 */
export interface Senders {
  senders: HeldSender[];
  left_out: number;
  problem?: string;
}
/**
 * `trapline.api.target.get(server)`: the cell and the targets folded into it, worst first.
 *
 *     `silence`: what of it nothing certain is known of now, and why. `suggestion`: the lines for the inventory that would
 *     place a target which no server claims. `work`: what is planned for the server, its tier or some of its targets, as
 *     in `trapline.api.maintenance.get`.
 */
export interface ServerDetail {
  cell: Cell;
  targets: TargetStatus[];
  open_alerts: OpenAlert[];
  silence?: string;
  suggestion?: string;
  work?: PlannedWork[];
}
/**
 * The folded state of a target: topic `status` (compacted), key target id.
 */
export interface TargetStatus {
  target: Target;
  severity: Severity;
  since: string;
  last_heard_at: string;
  reason: string;
  rule_id: string;
  open_alerts?: OpenAlert[];
  settled?: SettledAlert[];
  acknowledgement?: Acknowledgement | null;
  changes?: SeverityChange[];
  blind?: BlindInterval[];
  windows?: MaintenanceWindow[];
  is_flapping?: boolean;
  sender?: string;
  memory?: Memory;
}
/**
 * The monitored thing that a trap names. `type` is OEM's target type, or `snmp_agent` for other senders.
 *
 *     `properties`: what the sender says of it besides, by name: `lifecycle_status`, `owner`, `version`, and OEM's
 *     user-defined target properties. They place a target on the wall; they are no part of its identity.
 */
export interface Target {
  name: string;
  type: string;
  host?: string | null;
  properties?: {
    [k: string]: string;
  };
}
/**
 * A key that was cleared, remembered for a while so that a repeat of its raise changes nothing.
 */
export interface SettledAlert {
  alert_key: string;
  last_trap_id: string;
  last_replay_id?: string;
}
/**
 * From `at` on the target had this severity; the last few give the trend.
 */
export interface SeverityChange {
  at: string;
  severity: Severity;
}

/** From harmless to worst. */
export const SEVERITIES: readonly Severity[] = ['cleared', 'indeterminate', 'warning', 'minor', 'major', 'critical'];
