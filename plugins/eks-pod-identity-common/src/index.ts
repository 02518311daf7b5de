/**
 * Vocabulary, API types, report model, permissions and client of the EKS Pod Identity suite.
 *
 * @packageDocumentation
 */
export * from './vocabulary/access';
export * from './vocabulary/accessMove';
export * from './vocabulary/accessNodes';
export * from './vocabulary/accessWords';
export * from './reports/accessForms';
export * from './reports/moveForms';
export * from './reports/csv';
export * from './reports/plainText';
export * from './vocabulary/annotation';
export * from './vocabulary/changes';
export * from './api/access';
export * from './api/choices';
export * from './api/client';
export * from './vocabulary/diagnosis';
export * from './vocabulary/entityRef';
export {
  type ApplicationProof,
  applicationProofSchema,
  type Evidence,
  evidenceSchema,
  noEvidence,
  type OtherCaller,
  type RecordedCalls,
} from './vocabulary/evidence';
export {
  type CredentialSource,
  credentialSourceSchema,
  type EvidenceCaller,
  evidenceCallerSchema,
  type EvidenceEvent,
  evidenceEventSchema,
  type EvidenceQuestion,
  type RecordedChange,
  type SdkInUse,
  sdkInUseSchema,
} from './vocabulary/evidenceEvents';
export * from './api/evidenceView';
export * from './api/extensions';
export * from './api/permissionsOfRole';
export * from './vocabulary/headingAnchor';
export * from './vocabulary/identityTab';
export * from './vocabulary/inputs';
export * from './vocabulary/policyTests';
export * from './vocabulary/marks';
export * from './vocabulary/nearest';
export * from './api/moveQueues';
export * from './api/operationEvents';
export * from './api/operations';
export * from './vocabulary/permissions';
export * from './vocabulary/permissionsPage';
export { type EntityName, type NamespaceName } from './api/places';
export * from './vocabulary/plan';
export * from './vocabulary/problems';
export {
  CLUSTER_ID_PATTERN,
  clusterIdSchema,
  NAMESPACE_PATTERN,
  namespaceSchema,
  parseServiceAccountRef,
  SERVICE_ACCOUNT_PATTERN,
  type ServiceAccountRef,
  serviceAccountRefSchema,
  serviceAccountSchema,
  stringifyServiceAccountRef,
} from './vocabulary/ref';
export * from './vocabulary/report';
export * from './reports/reportMarkdown';
export * from './reports/reportTerminal';
export * from './api/requestErrors';
export * from './api/requestOptions';
export * from './vocabulary/results';
export {
  type Disclosure,
  type Marked,
  type Rule,
  ruleOf,
} from './vocabulary/disclosure';
export * from './api/documents';
export {
  type AnyEndpoint,
  type Endpoint,
  type EndpointFacts,
  type Method,
  type Place,
  type QuerySchema,
} from './api/endpoint';
export * from './api/endpoints';
export * from './api/fleet';
export * from './api/identities';
export * from './vocabulary/identityStatus';
export * from './api/runs';
export { type ObjectSchema, type ShapeOf } from './vocabulary/schema';
export * from './api/setup';
export * from './vocabulary/statusWords';
export * from './vocabulary/verdict';
export * from './api/timeline';
export {
  applicationInWords,
  headline,
  outcome,
  type ReportFormOptions,
} from './reports/reportWords';
