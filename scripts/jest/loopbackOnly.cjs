'use strict';
const http = require('node:http');
const { Socket } = require('node:net');

/**
 * Tests reach nothing but this machine: a connection to any other host fails at once, with the host's name. Node's core
 * modules are shared by all test files of a process, so it is done once.
 */
const done = Symbol.for('tests connect to this machine only');

if (!Socket.prototype[done]) {
  const { connect } = Socket.prototype;
  Socket.prototype[done] = true;
  // A client that stands still would send on a connection that its server just closes
  http.globalAgent.keepAlive = false;
  Socket.prototype.connect = function connectHere(...args) {
    const host = hostOf(...args);
    const isAllowed = host === undefined || staysHere(host);
    if (isAllowed) return connect.apply(this, args);
    const refusal = new Error(`A test must not connect to ${host}`);
    // As a real failure does, it comes after the caller has set everything up
    process.nextTick(() => this.destroy(refusal));
    return this;
  };
}

/** Of every form that `connect` takes; undefined for a local socket. */
function hostOf(target, host) {
  // net.connect() hands its arguments on as one list
  const [first, second] = Array.isArray(target) ? target : [target, host];
  if (typeof first === 'object') {
    return first.path ? undefined : first.host ?? 'localhost';
  }
  const isPath = typeof first === 'string' && Number.isNaN(Number(first));
  if (isPath) return undefined;
  return typeof second === 'string' ? second : 'localhost';
}

/** A name below `invalid` is reserved for what must not be found. */
function staysHere(host) {
  return /^(.+\.)?localhost$|^127(\.\d+){3}$|^::1$|\.invalid$/.test(host);
}
