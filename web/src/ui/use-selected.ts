import { useSyncExternalStore } from 'use-sync-external-store/shim';
import type { WallState, WallStore } from '../core/wall-store';

/** Draws again only when what `select` answers is another value: it must answer with texts, numbers or remembered objects. */
export function useSelected<T>(store: WallStore, select: (state: WallState) => T): T {
  return useSyncExternalStore(store.subscribe, () => select(store.read()));
}
