export { UseLine } from './UseLine';
export { UseSection } from './UseSection';
