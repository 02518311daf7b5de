export { AssociationsPage } from './AssociationsPage';
export { ClustersPage } from './ClustersPage';
