import type { JSX } from 'react';
import { Notice } from '../../ui/notice';

export function EmptySite(): JSX.Element {
  return (
    <Notice title="This site has no servers yet" tone="quiet">
      <p>Servers appear here when they are listed in the site’s inventory, or with their first trap.</p>
    </Notice>
  );
}
