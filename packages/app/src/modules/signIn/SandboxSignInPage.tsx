import { ProxiedSignInPage } from '@backstage/core-components';
import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import type { SignInPageProps } from '@backstage/plugin-app-react';
import { Alert, Button, Text } from '@backstage/ui';
import { useState } from 'react';
import { chosenUser } from './chosenUser';
import { forgetOnSignOut } from './forgetOnSignOut';
import styles from './SandboxSignInPage.module.css';

/** A demo user, for sign-in without a password. */
export interface SandboxUser {
  entityRef: string;
  title: string;
  description?: string;
}

function initials(title: string): string {
  return title
    .split(/\s+/)
    .slice(0, 2)
    .map(word => word[0]?.toLocaleUpperCase('en'))
    .join('');
}

function UserCard(props: { user: SandboxUser; onChoose: () => void }) {
  const { user, onChoose } = props;
  return (
    <li>
      <button type="button" className={styles.card} onClick={onChoose}>
        <span className={styles.avatar} aria-hidden="true">
          {initials(user.title)}
        </span>
        <span>
          <span className={styles.name}>{user.title}</span>
          <span className={styles.description}>{user.description}</span>
        </span>
      </button>
    </li>
  );
}

/** One card per demo user; choosing a card signs in as that user. */
export function SandboxSignInPage(
  props: SignInPageProps & { users: SandboxUser[] },
) {
  const { users, onSignInSuccess } = props;
  const title = useApi(configApiRef).getOptionalString('app.title');
  const [userRef, setUserRef] = useState(() => {
    const remembered = chosenUser.get();
    return users.some(user => user.entityRef === remembered)
      ? remembered
      : undefined;
  });

  if (userRef) {
    return (
      <ProxiedSignInPage
        provider="sandbox"
        headers={{ 'x-sandbox-user': userRef }}
        onSignInSuccess={identity => {
          chosenUser.set(userRef);
          onSignInSuccess(forgetOnSignOut(identity));
        }}
        ErrorComponent={({ error }) => (
          <main className={styles.page}>
            <Alert
              status="danger"
              title="Sign-in failed"
              description={error?.message}
              customActions={
                <Button
                  variant="secondary"
                  onPress={() => {
                    chosenUser.clear();
                    setUserRef(undefined);
                  }}
                >
                  Choose again
                </Button>
              }
            />
          </main>
        )}
      />
    );
  }

  return (
    <main className={styles.page}>
      <Text as="h1" variant="title-medium">
        {title}
      </Text>
      <Text as="p" variant="body-large" color="secondary">
        Choose a demo user. They have different permissions.
      </Text>
      <ul className={styles.users}>
        {users.map(user => (
          <UserCard
            key={user.entityRef}
            user={user}
            onChoose={() => setUserRef(user.entityRef)}
          />
        ))}
      </ul>
    </main>
  );
}
