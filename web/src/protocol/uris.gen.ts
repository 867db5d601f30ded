// Generated from backend/trapline/protocol by `npm run gen`. Do not edit.
export const AUTHENTICATE = 'trapline.auth.authenticate';
export const AUTHENTICATE_GUEST = 'trapline.auth.authenticate_guest';
export const ERROR_INVALID_ARGUMENT = 'trapline.error.invalid_argument';
export const ERROR_NOT_ACCEPTED = 'trapline.error.not_accepted';
export const ERROR_SNAPSHOT_EXPIRED = 'trapline.error.snapshot_expired';
export const ERROR_UNKNOWN_TARGET = 'trapline.error.unknown_target';
export const FUNNEL_GET = 'trapline.api.funnel.get';
export const GRID_CHANGED = 'trapline.ev.grid.changed';
export const GRID_GET = 'trapline.api.grid.get';
export const HEARTBEAT = 'trapline.ev.heartbeat';
export const REALM = 'trapline';
export const TARGET_ACKNOWLEDGE = 'trapline.op.target.acknowledge';
export const TARGET_GET = 'trapline.api.target.get';
export const TARGET_UNACKNOWLEDGE = 'trapline.op.target.unacknowledge';
