export { podIdentityApiRef } from './podIdentityApiRef';
