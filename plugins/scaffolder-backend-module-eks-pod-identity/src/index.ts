/**
 * Scaffolder actions that give a component an AWS identity on EKS, verify it, take it away, and move it from IRSA and back.
 *
 * @packageDocumentation
 */
export { podIdentityActionsModule as default } from './module';
export { createAssociateAction } from './actions/createAssociateAction';
export { createMigrateAction } from './actions/createMigrateAction';
export { createRollbackAction } from './actions/createRollbackAction';
export { createTeardownAction } from './actions/createTeardownAction';
export { createVerifyAction } from './actions/createVerifyAction';
export type { PodIdentityActionOptions } from './actions/options';
