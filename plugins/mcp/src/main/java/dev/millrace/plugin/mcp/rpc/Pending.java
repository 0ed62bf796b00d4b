/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.rpc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** Requests of ours that wait for their answers. Safe for use from any thread. */
public final class Pending {

    private final Map<String, CompletableFuture<ObjectNode>> open = new ConcurrentHashMap<>();
    private final AtomicLong last = new AtomicLong();
    private volatile String ended = "";

    /** A request that waits. Closed by whoever has made it. */
    public final class Place implements AutoCloseable {

        private final JsonNode id = LongNode.valueOf(last.incrementAndGet());
        private final CompletableFuture<ObjectNode> answer = new CompletableFuture<>();

        private Place() {
            open.put(id.asText(), answer);
            if (!ended.isEmpty()) {
                answer.completeExceptionally(new RpcException(ErrorCode.INTERNAL, ended));
            }
        }

        /** The id, which no other request has. */
        public JsonNode id() {
            return id;
        }

        /** Whether nothing has come yet. */
        public boolean isOpen() {
            return !answer.isDone();
        }

        /**
         * Waits.
         *
         * @throws RpcException what the other side says, or that it said nothing
         */
        public ObjectNode await(long millis) throws RpcException, InterruptedException {
            try {
                return answer.get(millis, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                throw new RpcException(ErrorCode.INTERNAL, "There was no answer within "
                        + (millis >= 1000 ? millis / 1000 + " seconds" : millis + " milliseconds") + ".");
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RpcException problem) {
                    throw new RpcException(problem.code(), problem.sentence(), problem.data());
                }
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            open.remove(id.asText());
        }
    }

    /** A place for a new request. */
    public Place place() {
        return new Place();
    }

    /**
     * An answer came.
     *
     * @return whether somebody waited for it
     */
    public boolean answered(JsonNode id, ObjectNode result) {
        CompletableFuture<ObjectNode> waiting = open.remove(id.asText());
        return waiting != null && waiting.complete(result);
    }

    /**
     * An error came.
     *
     * @return whether somebody waited for it
     */
    public boolean failed(JsonNode id, RpcException error) {
        CompletableFuture<ObjectNode> waiting = open.remove(id.asText());
        return waiting != null && waiting.completeExceptionally(error);
    }

    /**
     * What came is no message: it may be nested too deeply, have a key twice, be cut, or have no object as its result. Whoever waits for
     * it need not wait until the time is over.
     *
     * @param text what came
     * @param problem why it is none
     * @return whether it answers a request for which somebody waited
     */
    public boolean unreadable(String text, Exception problem) {
        String why = problem instanceof RpcException known ? known.sentence() : String.valueOf(problem.getMessage());
        return Message.answered(text).filter(id -> failed(id,
                new RpcException(ErrorCode.INTERNAL, "Its answer cannot be read: " + why))).isPresent();
    }

    /** There will be no answers any more, for this reason. */
    public void end(String why) {
        ended = why;
        open.values().forEach(waiting -> waiting
                .completeExceptionally(new RpcException(ErrorCode.INTERNAL, why)));
    }
}
