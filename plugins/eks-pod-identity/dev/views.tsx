import type { Entity } from '@backstage/catalog-model';
import { useAppSearchParams } from '@backstage/frontend-plugin-api';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import { Container, Flex, Link, Text } from '@backstage/ui';
import { useMemo, type ReactElement } from 'react';
import { AccessPage } from '../src/components/Access';
import { ChecksPage } from '../src/components/Docs';
import { AssociationsPage, ClustersPage } from '../src/components/Fleet';
import { IdentityCard } from '../src/components/IdentityCard';
import { IdentityTab } from '../src/components/Tab';
import { fixtureClient } from './FixtureClient';
import { fixtures, type Fixture } from './fixtures';
import { pageStates, type PageState, type PageView } from './pageStates';
import { WithApi } from './WithApi';
import { worldClient } from './world';

const entity: Entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments-api', namespace: 'default' },
  spec: { type: 'service', lifecycle: 'production', owner: 'team-payments' },
};

const hrefOf = (view: string, state?: PageState) =>
  `/?${new URLSearchParams({
    view,
    ...(state && { state: state.id, ...state.params }),
  })}`;

/** One card whose client answers with its fixture; all other APIs are the app’s. */
function CardOn({ fixture, width }: { fixture: Fixture; width: number }) {
  const client = useMemo(() => fixtureClient(fixture), [fixture]);
  return (
    <section data-testid={`state-${fixture.id}`} style={{ width }}>
      <Text as="h2" variant="body-small" color="secondary">
        {fixture.title}
      </Text>
      <WithApi client={client}>
        <EntityProvider entity={entity}>
          <IdentityCard entity={entity} />
        </EntityProvider>
      </WithApi>
    </section>
  );
}

function Cards({ width }: { width: number }) {
  return (
    <div
      style={{
        display: 'flex',
        flexWrap: 'wrap',
        alignItems: 'flex-start',
        gap: 24,
      }}
    >
      {fixtures.map(fixture => (
        <CardOn key={fixture.id} fixture={fixture} width={width} />
      ))}
    </div>
  );
}

const PAGES: Record<PageView, () => ReactElement> = {
  tab: () => (
    <EntityProvider entity={entity}>
      <IdentityTab entity={entity} />
    </EntityProvider>
  ),
  fleet: AssociationsPage,
  access: AccessPage,
  clusters: ClustersPage,
  checks: ChecksPage,
};

/** One state of the tab or of a fleet page, as wide as the window. */
export function PageOn({ view, state }: { view: PageView; state: PageState }) {
  const client = useMemo(() => worldClient(state.world), [state]);
  const Page = PAGES[view];
  return (
    <section data-testid={`state-${state.id}`}>
      <WithApi client={client}>
        <Page />
      </WithApi>
    </section>
  );
}

/** `?view=card|tab|fleet|access|clusters|checks`; pages show one `&state=`, cards all states with a `&width=`. */
export function Views() {
  const [params] = useAppSearchParams();
  const view = params.get('view') ?? 'card';
  const states = pageStates[view as PageView];
  const state = states?.find(each => each.id === params.get('state'));
  return (
    <Container>
      <Flex direction="column" gap="4">
        <nav aria-label="Views">
          <Flex gap="4" style={{ flexWrap: 'wrap' }}>
            {['card', ...Object.keys(pageStates)].map(each => (
              <Link key={each} href={hrefOf(each)}>
                {each}
              </Link>
            ))}
          </Flex>
        </nav>
        {states ? (
          <>
            <nav aria-label="States">
              <Flex gap="3" style={{ flexWrap: 'wrap' }}>
                {states.map(each => (
                  <Link
                    key={each.id}
                    href={hrefOf(view, each)}
                    variant="body-small"
                  >
                    {each.title}
                  </Link>
                ))}
              </Flex>
            </nav>
            <PageOn
              key={`${view}/${(state ?? states[0]).id}`}
              view={view as PageView}
              state={state ?? states[0]}
            />
          </>
        ) : (
          <Cards width={Number(params.get('width') ?? 331)} />
        )}
      </Flex>
    </Container>
  );
}
