/**
 * Scaffolder actions that give a component an AWS identity on EKS, verify it and take it away.
 *
 * @packageDocumentation
 */
export { podIdentityActionsModule as default } from './module';
export { createAssociateAction } from './actions/createAssociateAction';
export { createTeardownAction } from './actions/createTeardownAction';
export { createVerifyAction } from './actions/createVerifyAction';
export type { PodIdentityActionOptions } from './actions/options';
