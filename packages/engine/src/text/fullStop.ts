import { capitalised } from './capitalised';

/** A text that ends in one full stop: some of AWS, Kubernetes and their clients do, others do not. */
export const fullStop = (text: string) => text.trim().replace(/\.?$/, '.');

/** A text as a sentence: with a capital and a full stop. */
export const asSentence = (text: string) => fullStop(capitalised(text));
