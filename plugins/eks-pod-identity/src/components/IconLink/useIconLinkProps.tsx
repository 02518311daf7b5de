import { stringifyEntityRef } from '@backstage/catalog-model';
import { useEntity } from '@backstage/plugin-catalog-react';
import { RiShieldKeyholeLine } from '@remixicon/react';
import { useKnownIdentities } from '../../hooks/knownIdentities';
import { TAB_PATH, useEntityHrefs } from '../../hooks/useLinks';
import { useTexts } from '../../hooks/useTexts';
import { shown } from '../headline';
import { StatusIcon, useOthers } from '../StatusBadge';

/** A link to the tab with the worst status, as the card beside it has loaded it; there is room for a few words. */
export function useIconLinkProps() {
  const { t } = useTexts();
  const { entity } = useEntity();
  const entityRef = stringifyEntityRef(entity);
  const page = useEntityHrefs()(entityRef);
  const others = useOthers();
  const { identities = [], hidden } = useKnownIdentities(entityRef) ?? {};
  const all = identities.map(shown);
  const status = all[0]?.status;
  const word = status && t(`status.${status}`);
  const more = others(all, hidden);
  const few = {
    status: word ?? '',
    count: all.filter(one => one.status === status).length,
    total: `${all.length + (hidden ?? 0)}`,
  };
  const [label, title] = more
    ? [t('iconLink.ofSeveral', few), `${word} ${more}`]
    : [word && t('iconLink.withStatus', { status: word })];
  return {
    label: label ?? t('iconLink.label'),
    title,
    icon: status ? (
      <StatusIcon status={status} />
    ) : (
      <RiShieldKeyholeLine aria-hidden="true" />
    ),
    href: page && `${page}/${TAB_PATH}`,
    disabled: page === undefined,
  };
}
