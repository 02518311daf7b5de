export { IDENTITY_TYPE, isIdentity, SearchResult } from './SearchResult';
