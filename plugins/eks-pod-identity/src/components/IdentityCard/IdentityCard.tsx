import {
  parseEntityRef,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { EntityInfoCard, useEntity } from '@backstage/plugin-catalog-react';
import { Button, Flex } from '@backstage/ui';
import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { useEntityIdentities } from '../../hooks/useEntityIdentities';
import { useEntitySignal } from '../../hooks/useEntitySignal';
import { podIdentityTranslationRef } from '../../translation';
import { IdentityFooter, IdentityMenu } from './IdentityActions';
import { IdentityLine } from './IdentityLine';
import { IdentityDetails } from './IdentityDetails';
import styles from './IdentityCard.module.css';
import {
  AnnotationProblems,
  HiddenNote,
  LoadingState,
  NoIdentityState,
  PartialNote,
  ProblemState,
} from './states';

/** More than this many identities are folded behind “N more”. */
const SHOWN_LINES = 5;

/** The card, with what it shows given to it: for the entity page and for pages on fixtures. */
export function IdentityCard({ entity }: { entity: Entity }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const entityRef = stringifyEntityRef(entity);
  const { kind, namespace, name } = parseEntityRef(entityRef);
  const { data, problem, loading, refresh } = useEntityIdentities({
    kind,
    namespace,
    name,
  });
  useEntitySignal(data?.signalChannel, refresh);
  /** By reference: the order changes with every status. */
  const [open, setOpen] = useState<string>();
  /** Stays in view after it was closed, so that it does not vanish under the pointer. */
  const [touched, setTouched] = useState<string>();
  const [all, setAll] = useState(false);
  const toggle = (key: string) => {
    setTouched(key);
    setOpen(open === key ? undefined : key);
  };

  const identities = data?.identities ?? [];
  const lines = identities.filter(
    ({ ref }, index) =>
      all || index < SHOWN_LINES || stringifyServiceAccountRef(ref) === touched,
  );
  const folded = identities.length - lines.length;
  const single = identities.length === 1 ? identities[0] : undefined;
  const selected =
    single ??
    identities.find(each => stringifyServiceAccountRef(each.ref) === open);

  let body;
  if (loading) {
    body = <LoadingState />;
  } else if (!data) {
    body = problem && <ProblemState problem={problem} onRetry={refresh} />;
  } else {
    body = (
      <Flex direction="column" gap="3">
        {problem && <PartialNote problem={problem} onRetry={refresh} />}
        <AnnotationProblems problems={data.problems} />
        {identities.length === 0 && data.problems.length === 0 && (
          <NoIdentityState entityRef={entityRef} canCreate={data.canCreate} />
        )}
        {single && (
          <IdentityDetails
            identity={single}
            entityRef={entityRef}
            onChanged={refresh}
          />
        )}
        {identities.length > 1 && (
          <Flex direction="column" gap="0">
            {lines.map(identity => {
              const key = stringifyServiceAccountRef(identity.ref);
              return (
                <IdentityLine
                  key={key}
                  identity={identity}
                  open={open === key}
                  onToggle={() => toggle(key)}
                >
                  <IdentityDetails
                    identity={identity}
                    entityRef={entityRef}
                    onChanged={refresh}
                    nested
                  />
                </IdentityLine>
              );
            })}
            {folded > 0 && (
              <Button
                size="small"
                variant="tertiary"
                className={styles.more}
                onPress={() => setAll(true)}
              >
                {t('card.more', { count: folded })}
              </Button>
            )}
          </Flex>
        )}
        <HiddenNote count={data.hidden} />
      </Flex>
    );
  }

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
      <div className={styles.body}>{body}</div>
    </EntityInfoCard>
  );
}

/** The card of the entity whose page it is on. @public */
export function EntityIdentityCard() {
  const { entity } = useEntity();
  return <IdentityCard entity={entity} />;
}
