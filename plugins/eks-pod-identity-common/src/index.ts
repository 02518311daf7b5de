/**
 * Vocabulary, API types, report model, permissions and client of the EKS Pod Identity suite.
 *
 * @packageDocumentation
 */
export * from './annotation';
export * from './choices';
export * from './client';
export * from './diagnosis';
export * from './entityRef';
export {
  type ApplicationProof,
  applicationProofSchema,
  type Evidence,
  evidenceSchema,
  noEvidence,
  type OtherCaller,
  type RecordedCalls,
} from './evidence';
export {
  type CredentialSource,
  credentialSourceSchema,
  type EvidenceCaller,
  evidenceCallerSchema,
  type EvidenceEvent,
  evidenceEventSchema,
  type EvidenceQuestion,
  type SdkInUse,
  sdkInUseSchema,
} from './evidenceEvents';
export * from './evidenceView';
export * from './extensions';
export * from './headingAnchor';
export * from './identityTab';
export * from './inputs';
export * from './policyTests';
export * from './marks';
export * from './nearest';
export * from './operations';
export * from './permissions';
export * from './permissionsPage';
export { type EntityName, type NamespaceName } from './places';
export * from './plan';
export * from './problems';
export * from './ref';
export * from './report';
export * from './reportMarkdown';
export * from './reportTerminal';
export * from './requestErrors';
export * from './requestOptions';
export * from './results';
export {
  type Disclosure,
  type Marked,
  type Rule,
  ruleOf,
} from './disclosure';
export * from './documents';
export {
  type AnyEndpoint,
  type Endpoint,
  type EndpointFacts,
  type Method,
  type Place,
  type QuerySchema,
} from './endpoint';
export * from './endpoints';
export * from './fleet';
export * from './identities';
export * from './identityStatus';
export * from './runs';
export { type ObjectSchema, type ShapeOf } from './schema';
export * from './setup';
export * from './statusWords';
export * from './timeline';
export {
  applicationInWords,
  headline,
  repeats,
  type ReportFormOptions,
} from './reportWords';
