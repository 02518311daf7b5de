/**
 * AWS identities of EKS service accounts as entities of the catalog, related to the components that use them.
 *
 * @packageDocumentation
 */
export { podIdentityCatalogModule as default } from './module';
