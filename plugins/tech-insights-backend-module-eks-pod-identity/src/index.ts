/**
 * Facts of tech-insights about the AWS identities of components on EKS.
 *
 * @packageDocumentation
 */
export { podIdentityFactsModule as default } from './module';
