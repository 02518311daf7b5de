import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Container, Text } from '@backstage/ui';
import { RiArrowLeftLine } from '@remixicon/react';
import {
  stringifyServiceAccountRef,
  type Identity,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useMemo } from 'react';
import { podIdentityApiRef } from '../../api';
import type { PollingOptions } from '../../hooks/Poller';
import { usePolling } from '../../hooks/usePolling';
import { useTexts } from '../../hooks/useTexts';
import { ProblemNotice } from '../Notice';
import readable from '../readable.module.css';
import { IdentityReport } from '../Tab/IdentityReport';
import { TabSkeleton } from '../Tab/TabStates';
import tab from '../Tab/Tab.module.css';
import type { ChangeFilters } from './useFilters';

const POLL_MS = 60_000;
const POLL_WHILE_RUNNING_MS = 3_000;

function useIdentity(ref: ServiceAccountRef) {
  const api = useApi(podIdentityApiRef);
  const { cluster, namespace, serviceAccount } = ref;
  const options = useMemo(
    (): PollingOptions<Identity> => ({
      load: signal =>
        api.getIdentity({ cluster, namespace, serviceAccount }, { signal }),
      keepOnFailure: (data, problem) =>
        problem.kind === 'forbidden' ? undefined : data,
      pauseMs: ({ data }) =>
        data?.verifying || data?.change?.state === 'running'
          ? POLL_WHILE_RUNNING_MS
          : POLL_MS,
    }),
    [api, cluster, namespace, serviceAccount],
  );
  return usePolling(options);
}

/** One association, also of a service account that no component claims. */
export function AssociationDetails({
  serviceAccount,
  report,
  onChange,
}: {
  serviceAccount: ServiceAccountRef;
  /** Id of a report in the address. */
  report?: string;
  onChange: ChangeFilters;
}) {
  const { t } = useTexts();
  const { data, problem, refresh } = useIdentity(serviceAccount);
  const choose = useCallback(
    (id: string | undefined, how?: { replace: boolean }) =>
      onChange({ report: id }, how),
    [onChange],
  );
  const title = stringifyServiceAccountRef(serviceAccount);
  return (
    <Container>
      <div className={`${tab.tab} ${readable.readable}`}>
        <div>
          <Button
            size="small"
            variant="tertiary"
            iconStart={<RiArrowLeftLine />}
            onPress={() => onChange({ identity: undefined, report: undefined })}
          >
            {t('fleet.backToList')}
          </Button>
        </div>
        <Text as="h2" variant="title-small" weight="bold">
          {title}
        </Text>
        {!data && !problem && <TabSkeleton />}
        {!data && problem && (
          <ProblemNotice problem={problem} what="identity" onRetry={refresh} />
        )}
        {data && (
          <IdentityReport
            key={title}
            identity={data}
            chosenId={report}
            onChoose={choose}
            onChanged={refresh}
          />
        )}
      </div>
    </Container>
  );
}
