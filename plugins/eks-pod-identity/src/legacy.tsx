/**
 * The same card, tab and pages for apps on the old frontend system.
 *
 * An app adds {@link podIdentityApiFactory} to the `apis` of its `createApp`, and the rest where it wants them: the
 * card and the tab on its entity pages, the pages below routes of its own.
 *
 * @packageDocumentation
 */
import { compatWrapper } from '@backstage/core-compat-api';
import {
  createApiFactory,
  discoveryApiRef,
  fetchApiRef,
} from '@backstage/core-plugin-api';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityApiRef } from './api';
import { AssociationsPage as Associations } from './components/Fleet';
import { ClustersPage as Clusters } from './components/Fleet';
import { EntityIdentityCard as Card } from './components/IdentityCard';
import { EntityIdentityTab as Tab } from './components/Tab';

export { podIdentityApiRef } from './api';
export { publicTranslationRef as podIdentityTranslationRef } from './publicTranslation';

/** The client of the backend, for the `apis` of the app. @public */
export const podIdentityApiFactory = createApiFactory({
  api: podIdentityApiRef,
  deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
  factory: deps => new PodIdentityClient(deps),
});

/** The card of the entity whose page it is on. @public */
export const EntityIdentityCard = () => compatWrapper(<Card />);

/** The tab of the entity whose page it is on; its route is `/aws-identity`. @public */
export const EntityIdentityTab = () => compatWrapper(<Tab />);

/** Every association that the user may see. @public */
export const AssociationsPage = () => compatWrapper(<Associations />);

/** The clusters, and how their associations are. @public */
export const ClustersPage = () => compatWrapper(<Clusters />);
