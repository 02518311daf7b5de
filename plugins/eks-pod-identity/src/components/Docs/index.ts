export { ChecksPage, PermissionsPage } from './DocsPage';
