export { RolePermissions } from './RolePermissions';
