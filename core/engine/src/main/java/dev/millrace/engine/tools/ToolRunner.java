/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import dev.millrace.api.Progress;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolListener;
import dev.millrace.api.ToolReport;
import dev.millrace.api.ToolReport.Verdict;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.ToolResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Runs calls that were admitted, within their time, and tells listeners of all of them. Whatever a tool does, there is a result. Safe
 * for use from any thread.
 */
public final class ToolRunner {

    private static final System.Logger LOG = System.getLogger(ToolRunner.class.getName());

    /** How long a tool whose time is over may take to end. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final ToolWatch watch;
    private final ThreadFactory threads;

    /**
     * A runner.
     *
     * @param watch told of calls, at any time
     * @param threads makes the thread of a call whose time is limited
     */
    public ToolRunner(ToolWatch watch, ThreadFactory threads) {
        this.watch = watch;
        this.threads = threads;
    }

    /**
     * Runs a call if it may run, on this thread unless its time is limited.
     *
     * @param admission what was decided about it
     * @param tool what runs
     * @param progress told how far the tool is
     * @return text, plain data or an error
     * @throws InterruptedException if interrupted; the tool has been interrupted and has ended, or has had its time for that
     */
    public ToolResult run(Admission admission, Tool tool, Progress progress) throws InterruptedException {
        if (!admission.runs()) {
            return told(admission, ToolResult.error(admission.reason()), Duration.ZERO);
        }
        Optional<String> problem = hanging(admission.request().name())
                .or(() -> starting(admission.request()));
        if (problem.isPresent()) {
            Admission refused = new Admission(admission.request(), admission.asked(), Verdict.REFUSED, problem.get(),
                    admission.approval(), admission.time(), admission.characters(), admission.begun(),
                    admission.waited());
            return told(refused, ToolResult.error(problem.get()), Duration.ZERO);
        }
        long start = System.nanoTime();
        ToolResult result = ToolResult.error("The call was cancelled.");
        try {
            Attempt attempt = new Attempt(tool, admission.request().call(), progress);
            result = admission.time().isPresent() ? attempt.within(admission.time().get()) : attempt.result();
            return result;
        } finally {
            told(admission, result, Duration.ofNanos(System.nanoTime() - start));
        }
    }

    /**
     * Tells listeners of a call that nobody had to decide about.
     *
     * @param request the call; its arguments may not fit
     * @param verdict why it does not run
     * @param reason in a sentence, for the model
     * @return the error for the model
     */
    public ToolResult refused(ToolRequest request, Verdict verdict, String reason) {
        return told(new Admission(request, request.call(), verdict, reason, Optional.empty(), Optional.empty(),
                OptionalInt.empty(), Instant.now(), Duration.ZERO), ToolResult.error(reason), Duration.ZERO);
    }

    private Optional<String> hanging(String tool) {
        return watch.hanging().tooMany(tool)
                ? Optional.of("The tool " + tool + " does not run, because " + HangingCalls.MOST
                        + " earlier calls of it have not ended: go on without it.")
                : Optional.empty();
    }

    private Optional<String> starting(ToolRequest request) {
        for (ToolListener listener : watch.listeners().get()) {
            try {
                listener.starting(request);
            } catch (RuntimeException | LinkageError | StackOverflowError e) {
                LOG.log(System.Logger.Level.WARNING, "A call of " + request.name() + " cannot be recorded.", e);
                return Optional.of("The call cannot be recorded, so it does not run: " + ToolResults.message(e));
            }
        }
        return Optional.empty();
    }

    private ToolResult told(Admission admission, ToolResult result, Duration ran) {
        List<ToolListener> all = watch.listeners().get();
        if (!all.isEmpty()) {
            ToolReport report = new ToolReport(admission.request(), admission.asked(), admission.verdict(),
                    admission.reason(), admission.approval(), result, admission.begun(), admission.waited(), ran);
            for (ToolListener listener : all) {
                try {
                    listener.ended(report);
                } catch (RuntimeException | LinkageError | StackOverflowError e) {
                    LOG.log(System.Logger.Level.WARNING, "A listener failed about a call of " + report.request().name()
                            + ".", e);
                }
            }
        }
        return result;
    }

    /** One call. */
    private final class Attempt implements Runnable {

        private final Tool tool;
        private final ToolCall call;
        private final Progress progress;
        private volatile boolean over;
        private boolean ended;
        private boolean hangs;
        private volatile @Nullable ToolResult result;

        Attempt(Tool tool, ToolCall call, Progress progress) {
            this.tool = tool;
            this.call = call;
            this.progress = progress;
        }

        @Override
        public void run() {
            try {
                result = result();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                ended();
            }
        }

        private synchronized void ended() {
            ended = true;
            if (hangs) {
                watch.hanging().ended(call.name());
            }
        }

        private synchronized void left() {
            if (!ended) {
                hangs = true;
                watch.hanging().began(call.name());
            }
        }

        ToolResult result() throws InterruptedException {
            try {
                return ToolResults.settled(call.name(), tool.call(call, this::progressed));
            } catch (InterruptedException e) {
                throw e;
            } catch (Throwable e) {
                // whatever a tool does, the answer goes on: the model is told
                LOG.log(System.Logger.Level.DEBUG, "The tool " + call.name() + " failed.", e);
                return ToolResult.error(ToolResults.message(e));
            }
        }

        private void progressed(String what, double fraction) {
            if (!over) {
                progress.update(what, fraction);
            }
        }

        /** On a thread of its own, as long as it may take. */
        ToolResult within(Duration limit) throws InterruptedException {
            Thread thread = threads.newThread(this);
            thread.start();
            try {
                if (!thread.join(limit)) {
                    thread.interrupt();
                    if (!thread.join(GRACE)) {
                        left();
                    }
                    return late(limit);
                }
                ToolResult given = result;
                return given == null ? ToolResult.error("The call was cancelled.") : given;
            } catch (InterruptedException e) {
                thread.interrupt();
                if (!thread.join(GRACE)) {
                    left();
                }
                throw e;
            } finally {
                over = true;
            }
        }

        private ToolResult late(Duration limit) {
            long millis = limit.toMillis();
            return ToolResult.error("The tool " + call.name() + " took longer than "
                    + (millis % 1000 == 0 ? millis / 1000 + " seconds" : millis + " milliseconds")
                    + " and was stopped; whether it has done something is not known.");
        }
    }
}
