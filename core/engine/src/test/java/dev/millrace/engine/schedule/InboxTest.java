/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is handed in is noticed, whatever else wakes the thread that takes it. */
@Timeout(60)
class InboxTest {

    private final Inbox inbox = new Inbox(Thread.currentThread());
    private final Task<String> task = new Task<>(() -> "done");

    @Test
    void aTaskIsNoticedWhereAWaitForALockTookTheWakeUp() {
        assertNull(inbox.task());
        inbox.offer(task);
        LockSupport.park(); // as a lock does that another thread holds
        inbox.await();
        assertSame(task, inbox.task());
    }

    @Test
    void theEndIsNoticedWhereAWaitForALockTookTheWakeUp() {
        assertNull(inbox.task());
        inbox.stop();
        LockSupport.park();
        inbox.await();
        inbox.stop();
        LockSupport.park();
        inbox.await(Long.MAX_VALUE);
    }

    @Test
    void aWaitTakesWhatCameBeforeItOnceOnly() throws InterruptedException {
        inbox.wake();
        LockSupport.park();
        inbox.await();
        Thread other = Thread.ofPlatform().start(inbox::wake);
        inbox.await();
        other.join();
    }
}
