import { stringifyEntityRef } from '@backstage/catalog-model';
import { useEntity } from '@backstage/plugin-catalog-react';
import { RiShieldKeyholeLine } from '@remixicon/react';
import { useKnownIdentities } from '../../hooks/knownIdentities';
import { TAB_PATH, useEntityHrefs } from '../../hooks/useLinks';
import { useTexts } from '../../hooks/useTexts';
import { shown } from '../headline';
import { StatusIcon, useOthers } from '../StatusBadge';

/** A link to the tab with what the badges of its identities say, as the card beside it has loaded it. */
export function useIconLinkProps() {
  const { t } = useTexts();
  const { entity } = useEntity();
  const entityRef = stringifyEntityRef(entity);
  const page = useEntityHrefs()(entityRef);
  const others = useOthers();
  const { identities = [], hidden } = useKnownIdentities(entityRef) ?? {};
  const all = identities.map(shown);
  const status = all[0]?.status;
  const text = status && `${t(`status.${status}`)} ${others(all, hidden)}`;
  return {
    label: text
      ? t('iconLink.withStatus', { status: text.trim() })
      : t('iconLink.label'),
    icon: status ? (
      <StatusIcon status={status} />
    ) : (
      <RiShieldKeyholeLine aria-hidden="true" />
    ),
    href: page && `${page}/${TAB_PATH}`,
    disabled: page === undefined,
  };
}
