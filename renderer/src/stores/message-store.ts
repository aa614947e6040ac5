// Short messages for the user: refused commands as toasts, and announcements for screen readers.
// Runs in the page; written by the other stores, shown by ToastList.vue and LiveRegion.vue.

import { defineStore } from 'pinia';
import { ref } from 'vue';

export interface Toast {
  readonly id: number;
  readonly title: string;
  readonly text: string;
}

const MAXIMUM_TOASTS = 3;

export const useMessageStore = defineStore('messages', () => {
  const toasts = ref<Toast[]>([]);
  /** The last announcement; screen readers read it when it changes. */
  const announcement = ref('');
  let nextId = 1;

  function showProblem(title: string, text: string): void {
    toasts.value = [
      ...toasts.value.filter((toast) => toast.title !== title || toast.text !== text),
      { id: nextId++, title, text },
    ].slice(-MAXIMUM_TOASTS);
  }
  function dismiss(id: number): void {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  }
  function announce(text: string): void {
    announcement.value = text;
  }
  return { toasts, announcement, showProblem, dismiss, announce };
});
