export { EntityIdentityStatus } from './IdentityStatus';
