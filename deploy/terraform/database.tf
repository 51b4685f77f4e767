# PostgreSQL, and Redis for the live messages between nodes.

locals {
  database = "infinity"
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "For nodes alone"
  vpc_id      = var.vpc_id

  ingress {
    description     = "PostgreSQL"
    from_port       = 5432
    to_port         = 5432
    protocol        = "tcp"
    security_groups = [aws_security_group.nodes.id]
  }

  ingress {
    description     = "Redis"
    from_port       = 6379
    to_port         = 6379
    protocol        = "tcp"
    security_groups = [aws_security_group.nodes.id]
  }
}

resource "aws_db_subnet_group" "hunt" {
  name       = var.name
  subnet_ids = var.private_subnet_ids
}

resource "aws_db_parameter_group" "hunt" {
  name_prefix = "${var.name}-"
  family      = "postgres16"

  parameter {
    name         = "max_connections"
    value        = tostring(var.max_connections)
    apply_method = "pending-reboot"
  }

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # A transaction that was left open holds locks that teams wait for.
  parameter {
    name  = "idle_in_transaction_session_timeout"
    value = "60000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "hunt" {
  identifier             = var.name
  engine                 = "postgres"
  engine_version         = "16"
  instance_class         = var.database_class
  allocated_storage      = 20
  max_allocated_storage  = 100
  storage_type           = "gp3"
  storage_encrypted      = true
  db_name                = local.database
  username               = local.database
  password               = var.database_password
  parameter_group_name   = aws_db_parameter_group.hunt.name
  db_subnet_group_name   = aws_db_subnet_group.hunt.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  # A second machine in another zone takes over by itself.
  multi_az                   = true
  backup_retention_period    = 14
  copy_tags_to_snapshot      = true
  auto_minor_version_upgrade = true
  deletion_protection        = true
  final_snapshot_identifier  = "${var.name}-final"
}

resource "aws_elasticache_subnet_group" "messages" {
  name       = var.name
  subnet_ids = var.private_subnet_ids
}

# Nothing is lost with it: pages poll while it is away.
resource "aws_elasticache_cluster" "messages" {
  cluster_id         = var.name
  engine             = "redis"
  engine_version     = "7.1"
  node_type          = "cache.t4g.micro"
  num_cache_nodes    = 1
  subnet_group_name  = aws_elasticache_subnet_group.messages.name
  security_group_ids = [aws_security_group.database.id]
}
