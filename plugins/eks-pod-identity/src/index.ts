/**
 * Entity card, tab and fleet page that show whether a component’s AWS identity on EKS really works.
 *
 * @packageDocumentation
 */
export { podIdentityPlugin as default } from './plugin';
export { podIdentityApiRef } from './api';
export { publicTranslationRef as podIdentityTranslationRef } from './publicTranslation';
export { EntityIdentityStatus } from './components/IdentityStatus';
