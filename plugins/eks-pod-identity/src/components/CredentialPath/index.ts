export { CredentialPath } from './CredentialPath';
