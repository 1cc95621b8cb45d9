export { CallchartClient, type RequestOptions } from './client';
export type { FollowOptions } from './events';
export { CallchartApiError } from './problem';
export type { ClientOptions } from './transport';
export type { Answer, Body, Query } from './types';
export type { CallchartEvent, CallchartEventType } from '../http/port';
