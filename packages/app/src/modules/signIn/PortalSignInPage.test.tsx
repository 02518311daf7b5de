import { createServer, IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Suspense } from 'react';
import { discoveryApiRef, IdentityApi } from '@backstage/frontend-plugin-api';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { chosenUser } from './chosenUser';
import { PortalSignInPage } from './PortalSignInPage';

const users = [
  { entityRef: 'user:default/ana', title: 'Ana Ferreira', description: 'Pays' },
  { entityRef: 'user:default/sam', title: 'Sam Okafor' },
];
const sandbox = {
  sandbox: { enabled: true },
  auth: { providers: { sandbox: { users } } },
};

/** Answers like the auth backend: a session for known users, 403 for others. */
function authBackend(requests: IncomingMessage[]): Server {
  return createServer((req, res) => {
    requests.push(req);
    res.setHeader('access-control-allow-origin', req.headers.origin ?? '*');
    res.setHeader('access-control-allow-credentials', 'true');
    res.setHeader(
      'access-control-allow-headers',
      'x-sandbox-user, x-requested-with',
    );
    if (req.method === 'OPTIONS') {
      res.end();
      return;
    }
    const userEntityRef = req.headers['x-sandbox-user'];
    const known = userEntityRef === 'user:default/ana';
    res.statusCode = known ? 200 : 403;
    res.setHeader('content-type', 'application/json');
    res.end(
      JSON.stringify(
        known
          ? {
              profile: {},
              backstageIdentity: {
                token: 'a.e30.c',
                identity: {
                  type: 'user',
                  userEntityRef,
                  ownershipEntityRefs: [userEntityRef],
                },
              },
            }
          : {
              error: {
                name: 'NotAllowedError',
                message: 'not one of the users',
              },
              response: { statusCode: 403 },
            },
      ),
    );
  });
}

describe('PortalSignInPage', () => {
  let server: Server;
  let requests: IncomingMessage[];

  beforeEach(async () => {
    requests = [];
    server = authBackend(requests);
    await new Promise<void>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve()),
    );
  });
  afterEach(async () => {
    chosenUser.clear();
    await new Promise(resolve => server.close(resolve));
  });

  function open(data: object) {
    const { port } = server.address() as AddressInfo;
    const signedIn: IdentityApi[] = [];
    renderInTestApp(
      <Suspense fallback="Loading">
        <PortalSignInPage
          onSignInSuccess={identity => signedIn.push(identity)}
        />
      </Suspense>,
      {
        config: { app: { title: 'Portal' }, ...data },
        apis: [
          [
            discoveryApiRef,
            mockApis.discovery({ baseUrl: `http://127.0.0.1:${port}` }),
          ],
        ],
      },
    );
    return signedIn;
  }

  it('signs in as the user that was chosen, and remembers them', async () => {
    const signedIn = open(sandbox);
    await userEvent.click(await screen.findByRole('button', { name: /Ana/ }));
    await waitFor(() => expect(signedIn).toHaveLength(1));
    expect(await signedIn[0].getBackstageIdentity()).toMatchObject({
      userEntityRef: 'user:default/ana',
    });
    expect(chosenUser.get()).toBe('user:default/ana');

    await signedIn[0].signOut();
    expect(chosenUser.get()).toBeUndefined();
  });

  it('stays signed in after a reload', async () => {
    chosenUser.set('user:default/ana');
    const signedIn = open(sandbox);
    await waitFor(() => expect(signedIn).toHaveLength(1));
  });

  it('says that sign-in failed, and offers to choose again', async () => {
    const signedIn = open(sandbox);
    await userEvent.click(await screen.findByRole('button', { name: /Sam/ }));
    expect(await screen.findByText('Sign-in failed')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Choose again' }));
    expect(
      await screen.findByRole('button', { name: /Ana/ }),
    ).toBeInTheDocument();
    expect(signedIn).toEqual([]);
  });

  it.each([{}, { auth: sandbox.auth }])(
    'offers no demo user if the portal is not a sandbox',
    async data => {
      open(data);
      expect(
        await screen.findByRole('button', { name: 'Enter' }),
      ).toBeInTheDocument();
      expect(screen.queryByText('Ana Ferreira')).not.toBeInTheDocument();
      expect(requests).toEqual([]);
    },
  );
});
