import {
  alertApiRef,
  toastApiRef,
  useApiHolder,
  type ApiHolder,
} from '@backstage/frontend-plugin-api';
import { ButtonIcon, Menu, MenuItem, MenuTrigger } from '@backstage/ui';
import { RiMore2Line } from '@remixicon/react';
import {
  stringifyServiceAccountRef,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useReportHrefs, useTemplateHref } from '../../hooks/useLinks';
import { useTexts } from '../../hooks/useTexts';
import { writeText } from '../Copy';
import { shellLineFor } from './shellLine';

/** Shows a toast; apps on the old frontend system have alerts instead. */
function notify(
  apis: ApiHolder,
  status: 'success' | 'warning',
  title: string,
  description: string,
) {
  const toast = apis.get(toastApiRef);
  if (toast) {
    toast.post({
      title,
      description,
      status,
      // A text that could not be copied stays, to be read off
      ...(status === 'success' ? { timeout: 3_000 } : {}),
    });
    return;
  }
  apis.get(alertApiRef)?.post({
    message: `${title}: ${description}`,
    severity: status,
    display: status === 'success' ? 'transient' : 'permanent',
  });
}

/** The ⋮ menu of a card: open the report, copy the reference or a command that tries it, remove the identity. */
export function IdentityMenu({
  identity,
  entityRef,
}: {
  identity: Identity;
  entityRef?: string;
}) {
  const { t } = useTexts();
  const apis = useApiHolder();
  const hrefOf = useReportHrefs();
  const reportHref = entityRef && hrefOf(entityRef, identity.ref);
  const removeHref = useTemplateHref('remove-aws-identity', {
    entityRef,
    clusterName: identity.ref.cluster,
    namespace: identity.ref.namespace,
    serviceAccount: identity.ref.serviceAccount,
  });
  const copy = (text: string) =>
    writeText(text).then(
      () => notify(apis, 'success', t('card.copied'), text),
      () => notify(apis, 'warning', t('copy.failed'), text),
    );
  const shellLine = shellLineFor(identity.ref);
  return (
    <MenuTrigger>
      <ButtonIcon
        size="small"
        variant="tertiary"
        aria-label={t('card.menuLabel')}
        icon={<RiMore2Line />}
      />
      <Menu>
        {reportHref ? (
          <MenuItem href={reportHref}>{t('card.openReport')}</MenuItem>
        ) : null}
        <MenuItem
          onAction={() => copy(stringifyServiceAccountRef(identity.ref))}
        >
          {t('card.copyReference')}
        </MenuItem>
        {shellLine ? (
          <MenuItem onAction={() => copy(shellLine)}>
            {t('card.copyShellLine')}
          </MenuItem>
        ) : null}
        {identity.can.remove && removeHref ? (
          <MenuItem href={removeHref} color="danger">
            {t('card.remove')}
          </MenuItem>
        ) : null}
      </Menu>
    </MenuTrigger>
  );
}
