/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Progress;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolConnector;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import dev.millrace.plugin.mcp.oauth.Consent;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The servers of a file, and their tools by names that differ. Safe for use from any thread. */
public final class Servers implements ToolConnector.Connected {

    private static final String PASSES = "mcp-passes";

    private final Map<String, RemoteServer> servers = new LinkedHashMap<>();
    private final List<ToolProvider> providers = new ArrayList<>();
    private final List<String> taken;
    private final Approvals approvals;
    private volatile Runnable changed = () -> {
        // nobody listens yet
    };

    private Servers(List<ServerSpec> specs, List<String> taken, Approvals approvals,
            Passes passes, Map<String, String> environment) {
        this.taken = List.copyOf(taken);
        this.approvals = approvals;
        for (ServerSpec spec : specs) {
            RemoteServer server = new RemoteServer(spec, environment, passes, () -> changed.run());
            servers.put(spec.name(), server);
            providers.add(new Provider(server));
        }
    }

    /**
     * Begins to connect to the servers of a file and waits for none of them.
     *
     * @param taken names that tools must not have
     * @param approvals where approvals are kept; empty for as long as these servers are connected
     * @param trust whether every tool is approved without asking
     * @param environment of this process, of which servers get a small part
     */
    public static Servers begin(Path file, List<String> taken, Optional<Path> approvals, boolean trust,
            Map<String, String> environment) {
        return new Servers(ServerFile.read(file, environment), taken, new Approvals(approvals, trust),
                passes(approvals, Optional.empty()), environment);
    }

    /**
     * Connects to the servers of a file and waits for them.
     *
     * @param taken names that tools must not have
     * @param approvals where approvals are kept; empty for as long as these servers are connected
     * @param trust whether every tool is approved without asking
     * @param environment of this process, of which servers get a small part
     */
    public static Servers connect(Path file, List<String> taken, Optional<Path> approvals, boolean trust,
            Map<String, String> environment) throws InterruptedException {
        return tried(begin(file, taken, approvals, trust, environment));
    }

    /**
     * Connects to the servers of a file while a person is there who can sign in, and waits for them.
     *
     * @param taken names that tools must not have
     * @param approvals where approvals are kept, and passes beside them; empty for as long as these servers are connected
     * @param trust whether every tool is approved without asking
     * @param environment of this process, of which servers get a small part
     * @param consent the person
     */
    public static Servers connect(Path file, List<String> taken, Optional<Path> approvals, boolean trust,
            Map<String, String> environment, Consent consent) throws InterruptedException {
        return tried(new Servers(ServerFile.read(file, environment), taken, new Approvals(approvals, trust),
                passes(approvals, Optional.of(consent)), environment));
    }

    /**
     * Lets a person sign in at a server of a file.
     *
     * @param name of the server
     * @param approvals beside which the pass is kept
     * @param environment what variables in the file stand for
     * @return whether the server lets this client in now
     * @throws MillraceException if the file has no such server at an address
     * @throws IOException if nobody can sign in there
     */
    public static boolean signIn(Path file, String name, Optional<Path> approvals, Consent consent,
            Map<String, String> environment) throws IOException, InterruptedException {
        ServerSpec spec = ServerFile.read(file, environment).stream()
                .filter(each -> each.name().equals(name) && !each.url().isEmpty()).findFirst()
                .orElseThrow(() -> new MillraceException(file + " has no server " + name + " at an address (url)."));
        return passes(approvals, Optional.of(consent)).signIn(spec);
    }

    private static Passes passes(Optional<Path> approvals, Optional<Consent> consent) {
        return new Passes(approvals.map(file -> file.resolveSibling(PASSES)), consent);
    }

    private static Servers tried(Servers connected) throws InterruptedException {
        boolean done = false;
        try {
            for (RemoteServer server : connected.servers.values()) {
                server.awaitTried();
            }
            done = true;
        } finally {
            if (!done) {
                connected.close();
            }
        }
        return connected;
    }

    /** Has somebody called whenever tools have come, changed or gone; on a thread of a server. */
    public void onChange(Runnable listener) {
        changed = listener;
    }

    private Map<ToolNames.Key, String> names() {
        List<ToolNames.Key> keys = new ArrayList<>();
        servers.forEach((name, server) -> server.tools()
                .forEach(tool -> keys.add(new ToolNames.Key(name, tool.original()))));
        return ToolNames.of(keys, taken);
    }

    @Override
    public List<ToolProvider> providers() {
        return List.copyOf(providers);
    }

    @Override
    public List<ToolConnector.Offered> offered() {
        Map<ToolNames.Key, String> names = names();
        List<ToolConnector.Offered> offered = new ArrayList<>();
        servers.forEach((server, remote) -> {
            for (RemoteTool tool : remote.tools()) {
                String name = names.get(new ToolNames.Key(server, tool.original()));
                if (name != null) {
                    offered.add(new ToolConnector.Offered(server, tool.original(), tool.definition(name),
                            approvals.of(remote.spec(), tool.original(), tool.said())));
                }
            }
        });
        return offered;
    }

    @Override
    public void approve(List<ToolConnector.Offered> tools) {
        for (ToolConnector.Offered offered : tools) {
            RemoteServer server = servers.get(offered.program());
            if (server != null) {
                server.tools().stream().filter(tool -> tool.original().equals(offered.original()))
                        // not what it has become since it was shown
                        .filter(tool -> tool.definition(offered.definition().name()).equals(offered.definition()))
                        .forEach(tool -> approvals.approve(server.spec(), tool.original(), tool.said()));
            }
        }
        approvals.keep();
        changed.run();
    }

    @Override
    public List<String> problems() {
        return servers.values().stream().flatMap(server -> server.problems().stream()).toList();
    }

    private List<ToolConnector.Item> items(String capability, String method, String field, String name)
            throws InterruptedException {
        List<ToolConnector.Item> items = new ArrayList<>();
        for (Map.Entry<String, RemoteServer> server : servers.entrySet()) {
            Optional<Peer> peer = server.getValue().peer().filter(each -> each.offers(capability));
            if (peer.isPresent()) {
                try {
                    peer.get().list(method, field, item -> {
                        // a name is sent back as it is, so it is not cut but left out
                        String given = item.path(name).asText();
                        if (!given.isEmpty() && given.equals(Untrusted.line(given))) {
                            items.add(new ToolConnector.Item(server.getKey(), given,
                                    Untrusted.line(item.path("description").asText())));
                        }
                        return true;
                    });
                } catch (RpcException e) {
                    // a server may say that it offers something and not have a list of it
                    items.addAll(List.of());
                }
            }
        }
        return items;
    }

    @Override
    public List<ToolConnector.Item> resources() throws InterruptedException {
        List<ToolConnector.Item> all = new ArrayList<>(items("resources", "resources/list", "resources", "uri"));
        all.addAll(items("resources", "resources/templates/list", "resourceTemplates", "uriTemplate"));
        return all;
    }

    @Override
    public List<ToolConnector.Item> prompts() throws InterruptedException {
        return items("prompts", "prompts/list", "prompts", "name");
    }

    private Peer peer(String program) {
        RemoteServer server = servers.get(program);
        if (server == null) {
            throw new MillraceException("There is no server " + program + "; there is "
                    + String.join(", ", servers.keySet()) + ".");
        }
        return server.peer().orElseThrow(() -> new MillraceException(String.join(" ", server.problems())));
    }

    @Override
    public String read(String program, String name) throws InterruptedException {
        try {
            ObjectNode result = peer(program).call("resources/read", Json.object().put("uri", name), Map.of());
            StringBuilder text = new StringBuilder();
            for (JsonNode part : result.path("contents")) {
                text.append(text.isEmpty() ? "" : "\n").append(Contents.resource(part));
            }
            return Contents.whole(text.toString());
        } catch (RpcException e) {
            throw new MillraceException(name + " of " + program + " cannot be read: " + Untrusted.line(e.sentence()),
                    e);
        }
    }

    @Override
    public List<Message> prompt(String program, String name, Map<String, @Nullable Object> arguments)
            throws InterruptedException {
        ObjectNode params = Json.object().put("name", name);
        ObjectNode texts = params.putObject("arguments");
        arguments.forEach((key, value) -> texts.put(key, String.valueOf(value)));
        try {
            List<Message> messages = new ArrayList<>();
            for (ObjectNode message : Json.objects(peer(program).call("prompts/get", params, Map.of()), "messages")) {
                String text = Contents.whole(Contents.text(message.path("content")));
                messages.add(message.path("role").asText().equals("assistant")
                        ? Message.assistant(text)
                        : Message.user(text));
            }
            return messages;
        } catch (RpcException e) {
            throw new MillraceException(
                    "The prompt " + name + " of " + program + " cannot be had: " + Untrusted.line(e.sentence()), e);
        }
    }

    @Override
    public void close() {
        changed = () -> {
            // over
        };
        servers.values().forEach(RemoteServer::end);
        servers.values().forEach(RemoteServer::close);
    }

    /** The approved tools of one server. */
    private final class Provider implements ToolProvider {

        private final RemoteServer server;

        Provider(RemoteServer server) {
            this.server = server;
        }

        @Override
        public String name() {
            return ToolNames.valid(server.spec().name());
        }

        @Override
        public List<Tool> tools() {
            Map<ToolNames.Key, String> names = names();
            List<Tool> tools = new ArrayList<>();
            for (RemoteTool tool : server.tools()) {
                String name = names.get(new ToolNames.Key(server.spec().name(), tool.original()));
                if (name != null && isApproved(tool)) {
                    tools.add(new Callable(tool, tool.definition(name)));
                }
            }
            return tools;
        }

        private boolean isApproved(RemoteTool tool) {
            return approvals.of(server.spec(), tool.original(), tool.said()) == ToolConnector.Approval.APPROVED;
        }

        /** A tool that a conversation has, whatever has become of it. */
        private final class Callable implements Tool {

            private final RemoteTool tool;
            private final ToolDefinition definition;

            Callable(RemoteTool tool, ToolDefinition definition) {
                this.tool = tool;
                this.definition = definition;
            }

            @Override
            public ToolDefinition definition() {
                return definition;
            }

            @Override
            public ToolResult call(ToolCall call) throws InterruptedException {
                return call(call, Progress.NONE);
            }

            @Override
            public ToolResult call(ToolCall call, Progress progress) throws InterruptedException {
                List<RemoteTool> now = server.tools();
                Optional<RemoteTool> same = now.stream().filter(each -> each.original().equals(tool.original()))
                        .findFirst();
                if (same.isEmpty() && !now.isEmpty()) {
                    return ToolResult.error("The server " + server.spec().name() + " does not offer "
                            + definition.name() + " any more: go on without it.");
                }
                if (same.isPresent() && !isApproved(same.get())) {
                    return ToolResult.error("The server " + server.spec().name() + " describes " + definition.name()
                            + " in another way now, and nobody has approved that: go on without it.");
                }
                return server.call(same.orElse(tool), call, progress);
            }
        }
    }
}
