import {
  parseEntityRef,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import { EntityInfoCard, useEntity } from '@backstage/plugin-catalog-react';
import { Flex } from '@backstage/ui';
import {
  stringifyServiceAccountRef,
  type EntityIdentities,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import type { Problem } from '../../hooks/problems';
import { useEntityIdentities } from '../../hooks/useEntityIdentities';
import { useEntitySignal } from '../../hooks/useEntitySignal';
import { useTexts } from '../../hooks/useTexts';
import { accessOf, accessWithoutIdentity } from '../AccessParts/ofEntity';
import { AccessLines } from './AccessLines';
import styles from './IdentityCard.module.css';
import { IdentityDetails } from './IdentityDetails';
import { IdentityFooter } from './IdentityFooter';
import { IdentityList } from './IdentityList';
import { IdentityMenu } from './IdentityMenu';
import { NodeLines } from './NodeLines';
import {
  AnnotationProblems,
  HiddenNote,
  LoadingState,
  NoIdentityState,
  PartialNote,
  ProblemState,
} from './states';

function CardBody({
  data,
  problem,
  entityRef,
  openRef,
  onOpen,
  refresh,
}: {
  data: EntityIdentities;
  /** Of the last refresh. */
  problem: Problem | undefined;
  entityRef: string;
  openRef: string | undefined;
  onOpen: (ref: string | undefined) => void;
  refresh: () => void;
}) {
  const { identities, problems, canCreate, hidden } = data;
  const access = accessWithoutIdentity(data);
  const { asNode = [] } = data;
  const isEmpty = identities.length === 0 && problems.length === 0;
  return (
    <Flex direction="column" gap="3">
      {problem && <PartialNote problem={problem} onRetry={refresh} />}
      <AnnotationProblems problems={problems} />
      {isEmpty && (
        <NoIdentityState
          entityRef={entityRef}
          canCreate={canCreate}
          access={access}
          asNode={asNode}
        />
      )}
      {identities.length === 1 && (
        <IdentityDetails
          identity={identities[0]}
          access={accessOf(data, identities[0])}
          entityRef={entityRef}
          onChanged={refresh}
        />
      )}
      {identities.length > 1 && (
        <IdentityList
          data={data}
          entityRef={entityRef}
          openRef={openRef}
          onOpen={onOpen}
          onChanged={refresh}
        />
      )}
      {!isEmpty && access.length > 0 && (
        <AccessLines
          rows={access}
          entityRef={entityRef}
          besides={identities.length > 0}
        />
      )}
      {!isEmpty && asNode.length > 0 && <NodeLines uses={asNode} />}
      <HiddenNote count={hidden} />
    </Flex>
  );
}

/** The card of a given entity: for the entity page, and for pages of fixtures. */
export function IdentityCard({ entity }: { entity: Entity }) {
  const { t } = useTexts();
  const entityRef = stringifyEntityRef(entity);
  const { kind, namespace, name } = parseEntityRef(entityRef);
  const { data, problem, loading, refresh } = useEntityIdentities({
    kind,
    namespace,
    name,
  });
  useEntitySignal(data?.signalChannel, refresh);
  const [openRef, setOpenRef] = useState<string>();

  const identities: Identity[] = data?.identities ?? [];
  const single = identities.length === 1 ? identities[0] : undefined;
  const selected =
    single ??
    identities.find(each => stringifyServiceAccountRef(each.ref) === openRef);

  return (
    <EntityInfoCard
      title={t('card.title')}
      headerActions={
        selected && <IdentityMenu identity={selected} entityRef={entityRef} />
      }
      footerActions={
        single?.clusterKnown && (
          <IdentityFooter
            key={stringifyServiceAccountRef(single.ref)}
            identity={single}
            entityRef={entityRef}
            onStarted={refresh}
            onChanged={refresh}
          />
        )
      }
    >
      <div className={styles.body}>
        {loading && <LoadingState />}
        {!loading && !data && problem && (
          <ProblemState problem={problem} onRetry={refresh} />
        )}
        {!loading && data && (
          <CardBody
            data={data}
            problem={problem}
            entityRef={entityRef}
            openRef={openRef}
            onOpen={setOpenRef}
            refresh={refresh}
          />
        )}
      </div>
    </EntityInfoCard>
  );
}

/** The card of the entity whose page it is on. @public */
export function EntityIdentityCard() {
  const { entity } = useEntity();
  return <IdentityCard entity={entity} />;
}
