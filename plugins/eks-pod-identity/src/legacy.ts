/**
 * The same card, tab and pages for apps on the old frontend system.
 *
 * @packageDocumentation
 */
export { EntityIdentityCard } from './components/IdentityCard';
export { EntityIdentityTab } from './components/Tab';
export { AssociationsPage, ClustersPage } from './components/Fleet';
