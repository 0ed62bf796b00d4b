/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.util.List;
import java.util.Optional;

/**
 * What a server offers. Definitions are written as the protocol has them. What is asked for twice may have changed; asked from any
 * thread.
 */
public interface Offer {

    /** Name and version of the server. */
    ObjectNode info();

    /** How a model makes use of the server; may be empty. */
    String instructions();

    /** Tools, each with another name, always in the same order. */
    List<OfferedTool> tools();

    /** Resources, each with {@code uri} and {@code name}. */
    List<ObjectNode> resources();

    /** Templates of resources, each with {@code uriTemplate} and {@code name}. */
    List<ObjectNode> templates();

    /**
     * What stands in a resource.
     *
     * @return the contents, or empty if there is no such resource
     */
    Optional<ArrayNode> read(String uri, CallContext context) throws RpcException, InterruptedException;

    /** Something that is another one after a resource has changed; empty if nobody can say. */
    default String version(String uri) {
        return "";
    }

    /** Prompts, each with a {@code name}. */
    default List<ObjectNode> prompts() {
        return List.of();
    }

    /**
     * A prompt.
     *
     * @return {@code messages} and perhaps a {@code description}, or empty if there is no such prompt
     */
    default Optional<ObjectNode> prompt(String name, ObjectNode arguments, CallContext context)
            throws RpcException, InterruptedException {
        return Optional.empty();
    }

    /** Whether {@link #complete} says something. */
    default boolean completes() {
        return false;
    }

    /**
     * Ends that an argument of a prompt or a template may have.
     *
     * @param reference the prompt or template
     * @param argument its {@code name} and the {@code value} so far
     */
    default List<String> complete(ObjectNode reference, ObjectNode argument) {
        return List.of();
    }
}
