/**
 * For Backstage's search: finds AWS identities by the ARNs and names of their roles and associations.
 *
 * @packageDocumentation
 */
export { podIdentitySearchModule as default } from './search/module';
