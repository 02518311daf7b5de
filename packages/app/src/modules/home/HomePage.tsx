import { identityApiRef, useApi } from '@backstage/frontend-plugin-api';
import { ButtonLink, Card, CardBody, Container, Text } from '@backstage/ui';
import { useEffect, useState, type ReactNode } from 'react';
import { Command } from './Command';
import styles from './HomePage.module.css';

const GIVE = '/create/templates/default/give-a-component-an-aws-identity';

/** A component without an identity, for those whose it is. */
const FRAUD_SCORER = {
  entityRef: 'component:default/fraud-scorer',
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'fraud-scorer',
};

/** Whose rights reach the components of Shop (staging). */
const OF_SHOP = ['user:default/sam', 'user:default/priya'];
const OF_PAYMENTS = ['user:default/ana', 'user:default/priya'];

const BREAK = `source .sandbox/env
kubectl --namespace payments delete serviceaccount payments-ledger`;

function useSignedIn(): string | undefined {
  const identity = useApi(identityApiRef);
  const [ref, setRef] = useState<string>();
  useEffect(() => {
    identity
      .getBackstageIdentity()
      .then(({ userEntityRef }) => setRef(userEntityRef))
      // Without it, everything is offered to everybody
      .catch(() => setRef(undefined));
  }, [identity]);
  return ref;
}

function Way({
  number,
  title,
  children,
  action,
}: {
  number: number;
  title: string;
  children: ReactNode;
  action: ReactNode;
}) {
  return (
    <li className={styles.way}>
      <Card className={styles.card}>
        <CardBody>
          <div className={styles.inside}>
            <Text as="h2" variant="title-x-small" weight="bold">
              <span className={styles.number} aria-hidden="true">
                {number}
              </span>
              {title}
            </Text>
            {children}
            <div className={styles.action}>{action}</div>
          </div>
        </CardBody>
      </Card>
    </li>
  );
}

/** The first page of the demo: what it is, and three ways to begin. */
export function HomePage() {
  const user = useSignedIn();
  const isOf = (team: string[]) => user === undefined || team.includes(user);
  const filledIn = `${GIVE}?formData=${encodeURIComponent(
    JSON.stringify(FRAUD_SCORER),
  )}`;
  return (
    <Container>
      <main className={styles.page}>
        <Text as="h1" variant="title-medium" weight="bold">
          AWS access for pods, without keys
        </Text>
        <ul className={styles.lines}>
          <li>A pod on Amazon EKS gets AWS credentials by EKS Pod Identity.</li>
          <li>
            This portal sets that up, and proves from inside a pod that it
            works.
          </li>
          <li>
            When it stops working, the portal says which step is broken and how
            to fix it.
          </li>
        </ul>
        <ol className={styles.ways}>
          <Way
            number={1}
            title="Give a component an AWS identity"
            action={
              <ButtonLink
                variant="primary"
                href={isOf(OF_PAYMENTS) ? filledIn : GIVE}
              >
                Open the form
              </ButtonLink>
            }
          >
            <Text as="p">
              {isOf(OF_PAYMENTS)
                ? 'The form is filled in for Fraud scorer. Choose a policy such as read-payments-receipts: the plan below shows what will happen before anything does.'
                : 'Choose a component of your team: the plan below the form shows what will happen before anything does.'}
            </Text>
          </Way>
          <Way
            number={2}
            title="Cure one that is broken"
            action={
              <ButtonLink
                variant="secondary"
                href="/aws-identities/associations?cluster=shop-staging"
              >
                See the broken ones
              </ButtonLink>
            }
          >
            <Text as="p">
              Most identities of Shop (staging) are broken, each in its own way.
              Open one, paste its command into a shell and choose “Verify now”.
              {!isOf(OF_SHOP) &&
                ' Sign in as Sam or Priya to see the commands.'}
            </Text>
          </Way>
          <Way
            number={3}
            title="Break one yourself"
            action={
              <ButtonLink
                variant="secondary"
                href="/catalog/default/component/payments-ledger"
              >
                Open Payments ledger
              </ButtonLink>
            }
          >
            <Text as="p">
              Paste this into a shell in the folder of the project. Then choose
              “Verify now” on the card: it turns red, and has the way back.
            </Text>
            <Command text={BREAK} />
          </Way>
        </ol>
        <Text as="p" color="secondary">
          All of it happens in a sandbox on this machine. To see what others may
          do, sign out under Settings and choose another demo user.
        </Text>
      </main>
    </Container>
  );
}
