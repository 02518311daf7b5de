/**
 * Vocabulary, API types, report model, permissions and client of the EKS Pod Identity suite.
 *
 * @packageDocumentation
 */
export * from './annotation';
export * from './client';
export * from './entityRef';
export * from './extensions';
export * from './marks';
export * from './inputs';
export * from './operations';
export * from './permissions';
export * from './plan';
export * from './ref';
export * from './report';
export * from './reportRendering';
export * from './requestErrors';
export * from './requestOptions';
export * from './results';
export * from './status';
export * from './timeline';
