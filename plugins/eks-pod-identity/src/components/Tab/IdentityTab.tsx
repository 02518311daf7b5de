import {
  parseEntityRef,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import {
  useAppSearchParams,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { useEntity } from '@backstage/plugin-catalog-react';
import { Card, CardBody, Flex, Select, Text } from '@backstage/ui';
import {
  IDENTITY_STATUS_ORDER,
  stringifyServiceAccountRef,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useState } from 'react';
import { useEntityIdentities } from '../../hooks/useEntityIdentities';
import { useEntitySignal } from '../../hooks/useEntitySignal';
import { podIdentityTranslationRef } from '../../translation';
import { CredentialPath } from '../CredentialPath';
import { IdentityFooter, IdentityMenu } from '../IdentityCard/IdentityActions';
import {
  AnnotationProblems,
  LoadingState,
  NoIdentityState,
  PartialNote,
  ProblemState,
} from '../IdentityCard/states';
import { relativeTime } from '../IdentityCard/when';
import { RawReport, ReportView } from '../Report';
import { StatusBadge } from '../StatusBadge';
import { HistoryStrip } from './HistoryStrip';
import styles from './Tab.module.css';
import { useReports } from './useReports';

function IdentityReport({
  identity,
  entityRef,
  onChanged,
}: {
  identity: Identity;
  entityRef: string;
  onChanged: () => void;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [chosen, setChosen] = useState<string>();
  const [turn, setTurn] = useState(0);
  const { runs, report, problem, loading } = useReports(
    identity.ref,
    chosen,
    turn,
  );
  const changed = useCallback(() => {
    setChosen(undefined);
    setTurn(n => n + 1);
    onChanged();
  }, [onChanged]);

  return (
    <Flex direction="column" gap="4">
      <Card>
        <CardBody>
          <Flex direction="column" gap="3">
            <div className={styles.header}>
              <StatusBadge
                status={identity.verifying ? 'verifying' : identity.status}
              />
              <Flex align="center" gap="2">
                {identity.provenAt && (
                  <Text variant="body-small" color="secondary">
                    {t('card.provenAt', {
                      when: relativeTime(identity.provenAt),
                    })}
                  </Text>
                )}
                <IdentityMenu identity={identity} entityRef={entityRef} />
              </Flex>
            </div>
            <Text as="p" variant="body-large">
              {identity.headline}
            </Text>
            {identity.stale && (
              <Text as="p" variant="body-small" color="warning">
                {t('problem.stale', {
                  when: relativeTime(identity.stale.since),
                  reason: identity.stale.reason,
                })}
              </Text>
            )}
            <CredentialPath path={identity.path} showFix={false} />
            <IdentityFooter
              identity={identity}
              entityRef={entityRef}
              onChanged={changed}
              showReportLink={false}
            />
          </Flex>
        </CardBody>
      </Card>
      <HistoryStrip runs={runs} selectedId={report?.id} onSelect={setChosen} />
      {loading && <LoadingState />}
      {problem && (
        <ProblemState problem={problem} onRetry={() => setTurn(n => n + 1)} />
      )}
      {!loading && !problem && !report && (
        <Text as="p" color="secondary">
          {t('tab.noReport')}
        </Text>
      )}
      {report && (
        <>
          <div className={styles.header}>
            <Text as="h2" variant="title-small" weight="bold">
              {t('tab.reportAt', {
                when: new Date(report.finishedAt).toLocaleString(),
              })}
            </Text>
            <RawReport report={report} />
          </div>
          <ReportView key={report.id} report={report} />
        </>
      )}
    </Flex>
  );
}

/** The whole truth about an entity’s identities. */
export function IdentityTab({ entity }: { entity: Entity }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const entityRef = stringifyEntityRef(entity);
  const { kind, namespace, name } = parseEntityRef(entityRef);
  const { data, problem, loading, refresh } = useEntityIdentities({
    kind,
    namespace,
    name,
  });
  useEntitySignal(data?.signalChannel, refresh);
  const [params, setParams] = useAppSearchParams();

  if (loading) return <LoadingState />;
  if (!data) {
    return problem ? (
      <ProblemState problem={problem} onRetry={refresh} />
    ) : null;
  }
  const sorted = [...data.identities].sort(
    (a, b) =>
      IDENTITY_STATUS_ORDER.indexOf(a.status) -
      IDENTITY_STATUS_ORDER.indexOf(b.status),
  );
  const asked = params.get('ref');
  const identity =
    sorted.find(each => stringifyServiceAccountRef(each.ref) === asked) ??
    sorted[0];
  return (
    <Flex direction="column" gap="4">
      {problem && <PartialNote problem={problem} onRetry={refresh} />}
      <AnnotationProblems problems={data.problems} />
      {!identity && data.problems.length === 0 && (
        <NoIdentityState entityRef={entityRef} canCreate={data.canCreate} />
      )}
      {sorted.length > 1 && (
        <Select
          label={t('fleet.serviceAccount')}
          options={sorted.map(each => ({
            value: stringifyServiceAccountRef(each.ref),
            label: `${stringifyServiceAccountRef(each.ref)} – ${t(
              `status.${each.status}`,
            )}`,
          }))}
          value={stringifyServiceAccountRef(identity.ref)}
          onChange={value => setParams({ ref: String(value) })}
        />
      )}
      {identity && (
        <IdentityReport
          key={stringifyServiceAccountRef(identity.ref)}
          identity={identity}
          entityRef={entityRef}
          onChanged={refresh}
        />
      )}
    </Flex>
  );
}

/** The tab of the entity whose page it is on. @public */
export function EntityIdentityTab() {
  const { entity } = useEntity();
  return <IdentityTab entity={entity} />;
}
