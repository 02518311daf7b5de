export { EntityIdentityCard, IdentityCard } from './IdentityCard';
