import {
  parseEntityRef,
  RELATION_DEPENDS_ON,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import { getEntityRelations, useEntity } from '@backstage/plugin-catalog-react';
import { Alert, Select } from '@backstage/ui';
import {
  IDENTITY_ENTITY_NAMESPACE,
  stringifyServiceAccountRef,
  type EntityIdentities,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback } from 'react';
import { withValues } from '../../hooks/searchParams';
import { useEntityIdentities } from '../../hooks/useEntityIdentities';
import { useEntitySignal } from '../../hooks/useEntitySignal';
import { useAppSearchParams } from '../../olderBackstage';
import { useTexts } from '../../hooks/useTexts';
import { accessOf, accessWithoutIdentity } from '../AccessParts/ofEntity';
import { IdentityDetails } from '../IdentityCard/IdentityDetails';
import {
  AnnotationProblems,
  HiddenNote,
  PartialNote,
} from '../IdentityCard/states';
import { ProblemNotice } from '../Notice';
import readable from '../readable.module.css';
import { IdentityReport } from './IdentityReport';
import styles from './Tab.module.css';
import { AccessCard, NoIdentity, TabSkeleton } from './TabStates';
import { useShownIdentity } from './useShownIdentity';

/** The chosen identity and report are kept in the URL, so that a view can be shared. */
function useChoice() {
  const [params, setParams] = useAppSearchParams();
  const choose = useCallback(
    (values: { ref?: string; report?: string }, how?: { replace: boolean }) => {
      const next = withValues(params, values);
      // Otherwise “Back” would lead to the same page
      if (next.toString() !== params.toString()) setParams(next, how);
    },
    [params, setParams],
  );
  return {
    ref: params.get('ref') ?? undefined,
    report: params.get('report') ?? undefined,
    choose,
  };
}

/** Where the component's own catalog file says so; not the entity of the identity itself, nor those of its roles. */
const resourcesOf = (entity: Entity) =>
  getEntityRelations(entity, RELATION_DEPENDS_ON, { kind: 'resource' })
    .filter(({ namespace }) => namespace !== IDENTITY_ENTITY_NAMESPACE)
    .map(stringifyEntityRef);

function Identities({
  data,
  entity,
  entityRef,
  onChanged,
}: {
  data: EntityIdentities;
  entity: Entity;
  entityRef: string;
  onChanged: () => void;
}) {
  const { t } = useTexts();
  const { ref: askedRef, report, choose } = useChoice();
  const { sorted, identity, ref, found } = useShownIdentity(
    data.identities,
    askedRef,
  );
  const isOneOfSeveral = sorted.length > 1;
  const chooseReport = useCallback(
    (id: string | undefined, how?: { replace: boolean }) =>
      // When the link is opened later, another identity may be the worst
      choose(id && isOneOfSeveral ? { ref, report: id } : { report: id }, how),
    [choose, isOneOfSeveral, ref],
  );
  const access = accessWithoutIdentity(data);
  const { asNode = [] } = data;
  return (
    <>
      <AnnotationProblems problems={data.problems} />
      {askedRef && !found && (
        <Alert
          status="info"
          icon
          title={t(identity ? 'tab.unknownRef' : 'tab.unknownRefAlone', {
            ref: askedRef,
          })}
        />
      )}
      {!identity && (
        <AccessCard
          rows={access}
          asNode={asNode}
          entityRef={entityRef}
          besides={false}
        />
      )}
      {!identity && data.problems.length === 0 && (
        <NoIdentity
          entityRef={entityRef}
          canCreate={data.canCreate}
          hasAccess={access.length + asNode.length > 0}
        />
      )}
      {isOneOfSeveral && (
        <div className={styles.picker}>
          <Select
            label={t('tab.identities', { count: sorted.length })}
            options={sorted.map(each => ({
              value: stringifyServiceAccountRef(each.ref),
              label: `${stringifyServiceAccountRef(each.ref)} – ${t(
                `status.${each.status}`,
              )}`,
            }))}
            value={ref}
            onChange={value =>
              choose({ ref: String(value), report: undefined })
            }
          />
        </div>
      )}
      <HiddenNote count={data.hidden} />
      {identity && !identity.clusterKnown && (
        <IdentityDetails
          identity={identity}
          entityRef={entityRef}
          onChanged={onChanged}
        />
      )}
      {identity?.clusterKnown && (
        <IdentityReport
          key={ref}
          identity={identity}
          access={accessOf(data, identity)}
          entityRef={entityRef}
          dependsOn={resourcesOf(entity)}
          chosenId={report}
          onChoose={chooseReport}
          onChanged={onChanged}
        />
      )}
      {identity && (
        <AccessCard
          rows={access}
          asNode={asNode}
          entityRef={entityRef}
          besides
        />
      )}
    </>
  );
}

/** Everything about the identities of an entity. */
export function IdentityTab({ entity }: { entity: Entity }) {
  const entityRef = stringifyEntityRef(entity);
  const { kind, namespace, name } = parseEntityRef(entityRef);
  const { data, problem, loading, refresh } = useEntityIdentities({
    kind,
    namespace,
    name,
  });
  useEntitySignal(data?.signalChannel, refresh);

  return (
    <div className={`${styles.tab} ${readable.readable}`}>
      {loading && <TabSkeleton />}
      {!loading && !data && problem && (
        <ProblemNotice problem={problem} what="identity" onRetry={refresh} />
      )}
      {!loading && data && (
        <>
          {problem && <PartialNote problem={problem} onRetry={refresh} />}
          <Identities
            data={data}
            entity={entity}
            entityRef={entityRef}
            onChanged={refresh}
          />
        </>
      )}
    </div>
  );
}

/** The tab of the entity whose page it is on. @public */
export function EntityIdentityTab() {
  const { entity } = useEntity();
  return <IdentityTab entity={entity} />;
}
