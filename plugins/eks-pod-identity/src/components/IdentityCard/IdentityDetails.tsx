import { Alert, Flex, Text } from '@backstage/ui';
import {
  POD_IDENTITY_ANNOTATION,
  type EntityAccess,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { AccessFacts } from '../AccessParts/AccessFacts';
import { CredentialPath } from '../CredentialPath';
import { OfferFixes } from '../Fix';
import { isClaim, pathInTest, shownStatus } from '../headline';
import { MovePlanView } from '../MovePlan';
import { isMove, Moving } from '../Moving';
import { BrokenOff, useProofLine, useSentence } from '../OpenChange';
import { StatusBadge } from '../StatusBadge';
import { headlineTime, relativeTime } from '../when';
import { UseLine } from '../Use';
import styles from './IdentityCard.module.css';
import { IdentityFooter } from './IdentityFooter';

/** Age of the statement above. */
function When({ identity }: { identity: Identity }) {
  const time = headlineTime(identity);
  if (!time) return null;
  return (
    <Text
      variant="body-small"
      color="secondary"
      title={new Date(time.at).toLocaleString()}
    >
      {relativeTime(time.at)}
    </Text>
  );
}

/** Status, headline and credential path of one identity. */
export function IdentityDetails({
  identity,
  access,
  entityRef,
  onChanged,
  nested = false,
}: {
  identity: Identity;
  /** How it gets to AWS without an association. */
  access?: EntityAccess;
  entityRef: string;
  onChanged: () => void;
  /** In a list, where it has its own actions. */
  nested?: boolean;
}) {
  const { t } = useTexts();
  const proofLine = useProofLine(identity);
  const sentence = useSentence(identity);
  if (!identity.clusterKnown) {
    return (
      <Alert
        status="warning"
        icon
        title={t('problem.unknownCluster', { cluster: identity.ref.cluster })}
        description={POD_IDENTITY_ANNOTATION}
      />
    );
  }
  const testing = identity.verifying !== undefined;
  const moving = testing || identity.change?.state === 'running';
  const lastWorked =
    !moving && identity.status === 'could-not-check' && identity.provenAt;
  const showsTime = !moving && proofLine === undefined;
  return (
    <Flex direction="column" gap="3" className={styles.details}>
      {!nested && (
        <div className={styles.headline} data-testid="identity-status">
          <StatusBadge status={shownStatus(identity)} notes={identity.notes} />
          {showsTime && <When identity={identity} />}
        </div>
      )}
      <Text as="p" variant="body-medium" className={styles.sentence}>
        {proofLine ? (
          <span title={proofLine.title}>{proofLine.text}</span>
        ) : (
          sentence
        )}
        {lastWorked &&
          ` ${t('card.worked', { when: relativeTime(lastWorked) })}`}
      </Text>
      {nested && showsTime && <When identity={identity} />}
      {access && !isMove(identity) && (
        <AccessFacts row={access} showRoad={identity.status !== 'uses-irsa'} />
      )}
      <Moving identity={identity} entityRef={entityRef} onChanged={onChanged} />
      {access && (
        <MovePlanView
          row={access}
          entityRef={entityRef}
          isShort
          isMoving={isMove(identity)}
        />
      )}
      <BrokenOff identity={identity} entityRef={entityRef} />
      {isClaim(identity) && (
        <Text
          as="p"
          variant="body-small"
          color="secondary"
          title={t('card.claimedWhy')}
        >
          {t('card.claimed')}
        </Text>
      )}
      {identity.stale && (
        <Text as="p" variant="body-small" className={styles.stale}>
          {t('problem.stale', {
            when: relativeTime(identity.stale.since),
            reason: identity.stale.reason,
          })}
        </Text>
      )}
      {identity.path.length > 0 && (
        <OfferFixes
          identity={identity}
          entityRef={entityRef}
          onChanged={onChanged}
        >
          <CredentialPath
            path={testing ? pathInTest(identity.path) : identity.path}
            alreadyShown={identity.sentence}
          />
        </OfferFixes>
      )}
      <UseLine identity={identity} />
      {nested && (
        <IdentityFooter
          identity={identity}
          entityRef={entityRef}
          onStarted={onChanged}
          onChanged={onChanged}
        />
      )}
    </Flex>
  );
}
