/**
 * Form fields for software templates: pickers of EKS clusters, namespaces, service accounts and IAM policies, and a
 * live preview of what a run would change.
 *
 * @packageDocumentation
 */
export { podIdentityFormFieldsModule as default } from './module';
export { publicTranslationRef as podIdentityFormFieldsTranslationRef } from './publicTranslation';
