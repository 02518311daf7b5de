import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Flex, Text } from '@backstage/ui';
import {
  POD_IDENTITY_ANNOTATION,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import { CredentialPath } from '../CredentialPath';
import { StatusBadge } from '../StatusBadge';
import { IdentityFooter } from './IdentityActions';
import styles from './IdentityCard.module.css';
import { relativeTime, saidAt } from './when';

/** The headline without the status that stands beside it as a word. */
export function withoutStatus({
  status,
  headline,
}: Pick<Identity, 'status' | 'headline'>): string {
  const [start] = headline.split(': ', 1);
  if (start.toLocaleLowerCase('en-US') !== status) return headline;
  const rest = headline.slice(start.length + 2);
  return rest.charAt(0).toLocaleUpperCase('en-US') + rest.slice(1);
}

/** How old that is which the sentence says. */
function When({ identity }: { identity: Identity }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const said = saidAt(identity);
  if (!said) return null;
  const when = relativeTime(said.at);
  return (
    <Text
      variant="body-small"
      color="secondary"
      title={new Date(said.at).toLocaleString()}
    >
      {said.proven ? t('card.provenAt', { when }) : when}
    </Text>
  );
}

/** Status, one sentence and the path of one identity. */
export function IdentityDetails({
  identity,
  entityRef,
  onChanged,
  nested = false,
}: {
  identity: Identity;
  entityRef: string;
  onChanged: () => void;
  /** Inside a list: brings its own actions. */
  nested?: boolean;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
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
  return (
    <Flex direction="column" gap="3" className={styles.details}>
      {!nested && (
        <div className={styles.headline} data-testid="identity-status">
          <StatusBadge
            status={identity.verifying ? 'verifying' : identity.status}
          />
          <When identity={identity} />
        </div>
      )}
      <Text as="p" variant="body-medium" className={styles.sentence}>
        {withoutStatus(identity)}
      </Text>
      {nested && <When identity={identity} />}
      {identity.stale && (
        <Text as="p" variant="body-small" className={styles.stale}>
          {t('problem.stale', {
            when: relativeTime(identity.stale.since),
            reason: identity.stale.reason,
          })}
        </Text>
      )}
      {identity.path.length > 0 && (
        <CredentialPath path={identity.path} said={identity.headline} />
      )}
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
