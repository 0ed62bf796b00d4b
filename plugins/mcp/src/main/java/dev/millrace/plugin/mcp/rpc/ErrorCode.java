/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.rpc;

/** Numbers of errors, from JSON-RPC 2.0 and from the schemas of the Model Context Protocol. */
public final class ErrorCode {

    /** The text is not JSON. */
    public static final int PARSE = -32700;
    /** The JSON is no message. */
    public static final int INVALID_REQUEST = -32600;
    /** Nobody knows the method. */
    public static final int METHOD_NOT_FOUND = -32601;
    /** The parameters do not fit. */
    public static final int INVALID_PARAMS = -32602;
    /** Whoever was asked failed. */
    public static final int INTERNAL = -32603;
    /** There is no such resource; revision 2025-11-25. */
    public static final int RESOURCE_NOT_FOUND = -32002;
    /** Headers of HTTP say something else than the body; revision 2026-07-28. */
    public static final int HEADER_MISMATCH = -32020;
    /** The client cannot do what the answer needs; revision 2026-07-28. */
    public static final int MISSING_CAPABILITY = -32021;
    /** The revision is not spoken here; revision 2026-07-28. */
    public static final int UNSUPPORTED_VERSION = -32022;

    private ErrorCode() {
    }
}
