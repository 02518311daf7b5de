export { DocsLink, FixBlock } from './FixBlock';
export { OfferFixes } from './FixOffers';
