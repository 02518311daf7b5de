export { EntityIdentityTab, IdentityTab } from './IdentityTab';
